#include "service/console/event_routes.h"

#include <fmt/format.h>
#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <semaphore>

#include "apply/load_row.h"
#include "model/utc_text.h"
#include "service/status_json.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;
using Places = std::counting_semaphore<event_streams_max>;

constexpr const char* events_type = "text/event-stream";
constexpr std::chrono::seconds event_interval{1};
constexpr int events_a_stream = 60;
constexpr std::chrono::milliseconds again_after_stream{100};
constexpr std::chrono::milliseconds again_without_place{3000};

/// One of the places that streams may hold, given back when the last copy of the pointer goes; null when all
/// are taken.
std::shared_ptr<Places> take_place(const std::shared_ptr<Places>& places) {
    if (!places->try_acquire()) return nullptr;
    return {places.get(), [places](Places* taken) { taken->release(); }};
}

bool write(httplib::DataSink& sink, const std::string& text) {
    return sink.is_writable() && sink.write(text.data(), text.size());
}

/// False when nobody reads any more.
bool write_events(httplib::DataSink& sink, const std::function<std::string()>& live, int events,
                  const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    for (int event = 0; event < events && !stop.stop_requested(); ++event) {
        if (event > 0) {
            std::unique_lock lock(mutex);
            stopped.wait_for(lock, stop, event_interval, [] { return false; });
        }
        if (!write(sink, "data: " + live() + "\n\n")) return false;
    }
    return true;
}

}  // namespace

std::string live_json(const StatusReport& status, const LiveCounts& counts) {
    Json json;
    json["now"] = utc_text(pg_time_now());
    json["version"] = WALFERRY_VERSION;
    json["status"] = status_json(status);
    json["events"] = Json::object();
    for (const auto& [table, events] : counts.events)
        json["events"][table] = {{"streamed", events.streamed}, {"copied", events.copied}};
    json["outbox_pending"] = counts.outbox_pending ? Json(*counts.outbox_pending) : Json();
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add_event_routes(httplib::Server& server, std::function<std::string()> live, std::stop_token stop) {
    const auto places = std::make_shared<Places>(static_cast<std::ptrdiff_t>(event_streams_max));
    server.Get("/api/v1/events", [=](const httplib::Request&, httplib::Response& response) {
        const auto place = take_place(places);
        response.set_header("X-Accel-Buffering", "no");  // a proxy may not hold the events back
        response.set_chunked_content_provider(
            events_type, [live, stop, place](std::size_t, httplib::DataSink& sink) {
                const auto again = place != nullptr ? again_after_stream : again_without_place;
                if (!write(sink, fmt::format("retry: {}\n", again.count()))) return false;
                if (!write_events(sink, live, place != nullptr ? events_a_stream : 1, stop)) return false;
                sink.done();
                return true;
            });
    });
}

}  // namespace walferry
