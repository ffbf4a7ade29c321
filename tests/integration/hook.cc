#include "tests/integration/hook.h"

#include <set>

namespace walferry::testing {

Hook::Hook() {
    server_.Post("/hook", [this](const httplib::Request& request, httplib::Response& response) {
        answer(request, response);
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

Hook::~Hook() {
    ends_ = true;
    server_.stop();
    thread_.join();
}

std::string Hook::url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/hook";
}

void Hook::answer(const httplib::Request& request, httplib::Response& response) {
    const bool hung = hangs_;
    if (hung) ++hanging_;
    while (hangs_ && !ends_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (fails_ || hung) {
        ++refused_;
        response.status = 503;
        return;
    }
    const std::lock_guard lock(mutex_);
    deliveries_.push_back({nlohmann::json::parse(request.body, nullptr, false), request.body,
                           request.get_header_value("X-Walferry-Signature")});
}

std::vector<Hook::Delivery> Hook::deliveries() const {
    const std::lock_guard lock(mutex_);
    return deliveries_;
}

std::vector<std::int64_t> Hook::ids() const {
    std::vector<std::int64_t> ids;
    std::set<std::int64_t> seen;
    for (const Delivery& delivery : deliveries()) {
        const std::int64_t id = delivery.row.value("id", std::int64_t{0});
        if (seen.insert(id).second) ids.push_back(id);
    }
    return ids;
}

}  // namespace walferry::testing
