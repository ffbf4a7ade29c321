#include "service/service_client.h"

#include <httplib.h>

#include "config/listen_address.h"

namespace walferry {
namespace {

constexpr std::chrono::seconds connect_timeout{2};
constexpr std::chrono::seconds status_timeout{5};
constexpr std::chrono::seconds answer_timeout{60};  ///< longer than the service lets anything take

std::string reachable_host(const std::string& host) {
    if (host == "0.0.0.0") return "127.0.0.1";
    return host == "::" ? "::1" : host;
}

/// Null where port 0 leaves open where the service listens.
std::unique_ptr<httplib::Client> client_of(const HttpConfig& http, std::chrono::seconds timeout) {
    const auto address = parse_listen_address(http.listen);
    if (!address || address->port == 0) return nullptr;
    auto client = std::make_unique<httplib::Client>(reachable_host(address->host), address->port);
    client->set_connection_timeout(connect_timeout);
    client->set_read_timeout(timeout);
    client->set_write_timeout(status_timeout);
    if (!http.token.empty()) client->set_default_headers({{"Authorization", "Bearer " + http.token}});
    return client;
}

}  // namespace

std::optional<nlohmann::ordered_json> ServiceClient::status() const {
    const auto client = client_of(config_.http, status_timeout);
    if (client == nullptr) return std::nullopt;
    const auto answer = client->Get("/api/v1/status");
    if (!answer || answer->status != 200) return std::nullopt;
    auto status = nlohmann::ordered_json::parse(answer->body, nullptr, false);
    // Another pipeline's service may be the one that listens there.
    const bool ours =
        status.is_object() && status.contains("tables") && status.value("pipeline", "") == config_.pipeline;
    if (!ours) return std::nullopt;
    return status;
}

std::optional<ServiceClient::Answer> ServiceClient::sql(const std::string& query) const {
    return post("/api/v1/sql", nlohmann::json{{"query", query}}.dump(
                                   -1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::optional<ServiceClient::Answer> ServiceClient::get(const std::string& path) const {
    const auto client = client_of(config_.http, answer_timeout);
    if (client == nullptr) return std::nullopt;
    const auto answer = client->Get(path);
    if (!answer) return std::nullopt;
    return Answer{answer->status, answer->body};
}

std::optional<ServiceClient::Answer> ServiceClient::post(const std::string& path,
                                                         const std::string& json) const {
    const auto client = client_of(config_.http, answer_timeout);
    if (client == nullptr) return std::nullopt;
    const auto answer = client->Post(path, json, "application/json");
    if (!answer) return std::nullopt;
    return Answer{answer->status, answer->body};
}

std::optional<int> ServiceClient::post_for_lines(
    const std::string& path, const std::string& json,
    const std::function<bool(const std::string& line)>& take) const {
    const auto client = client_of(config_.http, answer_timeout);
    if (client == nullptr) return std::nullopt;
    httplib::Request request;
    request.method = "POST";
    request.path = path;
    request.body = json;
    request.headers.emplace("Content-Type", "application/json");
    std::string rest;
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
        rest.append(data, size);
        std::size_t from = 0;
        for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', from)) {
            if (!take(rest.substr(from, end - from))) return false;
            from = end + 1;
        }
        rest.erase(0, from);
        return true;
    };
    const auto answer = client->send(request);
    if (!answer) return std::nullopt;
    if (!rest.empty()) take(rest);
    return answer->status;
}

}  // namespace walferry
