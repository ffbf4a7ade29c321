#include "service/verify_routes.h"

#include <httplib.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "service/http_answer.h"
#include "service/verify_json.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* lines_type = "application/x-ndjson";
/// So often something is written, so that it is noticed when nobody listens any more.
constexpr std::chrono::seconds sign_of_life{1};

/// Lines of an answer, written by the comparison and by the sign of life. Asks to stop when nobody reads
/// them.
class LineStream {
 public:
    explicit LineStream(httplib::DataSink& sink) : sink_(sink) {}

    bool write(const Json& json) {
        const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
        const std::lock_guard lock(mutex_);
        const bool written = sink_.is_writable() && sink_.write(line.data(), line.size());
        if (!written) stop_.request_stop();
        return written;
    }
    void request_stop() { stop_.request_stop(); }
    std::stop_token stop_token() const { return stop_.get_token(); }

    void set_progress(Json progress) {
        const std::lock_guard lock(progress_mutex_);
        progress_ = std::move(progress);
    }
    Json progress() const {
        const std::lock_guard lock(progress_mutex_);
        return progress_;
    }

 private:
    httplib::DataSink& sink_;
    std::mutex mutex_;
    mutable std::mutex progress_mutex_;
    Json progress_{{"progress", nullptr}};
    std::stop_source stop_;
};

void show_life(LineStream& lines, const std::stop_token& done) {
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, done, sign_of_life, [&] { return done.stop_requested(); })) {
        if (!lines.write(lines.progress())) return;
    }
}

void compare(VerifyDesk& desk, const VerifyOptions& options, LineStream& lines) {
    VerifyListener listener;
    listener.difference = [&](const Difference& difference) -> Status {
        if (lines.write(Json{{"difference", difference_json(difference)}})) return success();
        return Error{ErrorKind::Cancelled, "nobody listens any more", "", ""};
    };
    listener.note = [&](const std::string& note) { lines.write(Json{{"note", note}}); };
    listener.progress = [&](const std::string& table, std::uint64_t rows, std::int64_t estimated) {
        lines.set_progress(progress_json(table, rows, estimated));
    };
    const auto results = desk.verify(options, listener, lines.stop_token());
    if (!results) {
        lines.write(Json{{"error", error_json(results.error())}});
        return;
    }
    Json all = Json::array();
    for (const TableVerification& result : results.value()) all.push_back(result_json(result));
    lines.write(Json{{"results", std::move(all)}});
}

}  // namespace

void add_verify_routes(httplib::Server& server, VerifyDesk& desk, std::stop_token stop) {
    server.Get("/api/v1/verify", [&desk](const httplib::Request&, httplib::Response& response) {
        response.set_content(state_json(desk.state()).dump(-1, ' ', false, Json::error_handler_t::replace),
                             json_type);
    });
    server.Post("/api/v1/verify", [&desk, stop](const httplib::Request& request,
                                                httplib::Response& response) {
        const auto options = parse_verify_options(request.body);
        if (!options) {
            return refuse(response, bad_request,
                          "the body is no {\"tables\": [\"schema.table\"], \"values\": false, \"repair\": "
                          "false, \"rate\": 0, \"limit\": 0, \"where\": \"\", \"partition\": \"\"}");
        }
        if (options->is_part()) {
            // What else is wrong is told as of any comparison: in its last line.
            const Status checked = desk.check(*options);
            if (!checked && checked.error().kind == ErrorKind::Configuration)
                return refuse(response, bad_request, describe(checked.error()));
        }
        response.set_chunked_content_provider(
            lines_type, [&desk, stop, options = *options](std::size_t, httplib::DataSink& sink) {
                LineStream lines(sink);
                const std::stop_callback ending(stop, [&] { lines.request_stop(); });
                std::jthread life([&](const std::stop_token& done) { show_life(lines, done); });
                compare(desk, options, lines);
                life.request_stop();
                life.join();
                sink.done();
                return true;
            });
    });
}

}  // namespace walferry
