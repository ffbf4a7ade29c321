#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>

#include "config/config.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/service_client.h"
#include "service/signals.h"
#include "service/status_json.h"
#include "service/stopped_status.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* clear_screen = "\x1b[H\x1b[2J";

std::string dumped(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// What the service says now. The warehouse is not asked in its place: opening a DuckDB file would be in the
/// way of a service that starts.
std::string watched(const Config& config, bool json) {
    if (const auto status = ServiceClient(config).status())
        return json ? dumped(*status, -1) + "\n" : status_text(*status);
    const std::string away = "no walferry of this pipeline answers on " + config.http.listen;
    if (json) return dumped({{"pipeline", config.pipeline}, {"error", away}}, -1) + "\n";
    return fmt::format("{:<14}{}\n{:<14}{}\n", "pipeline", config.pipeline, "away", away);
}

/// Until asked to stop, or nobody reads it any more.
ExitCode watch(const Config& config, const StatusCommand& command) {
    std::stop_source stop;
    const StopSignals signals(stop, [&stop] { stop.request_stop(); });
    const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
        const std::string block = watched(config, command.json);
        const std::string shown = on_terminal ? clear_screen + block : command.json ? block : block + "\n";
        if (std::fputs(shown.c_str(), stdout) < 0 || std::fflush(stdout) != 0) break;
        ended.wait_for(lock, stop.get_token(), std::chrono::duration<double>(command.watch_seconds),
                       [] { return false; });
    }
    return ExitCode::Done;
}

}  // namespace

ExitCode run_status(const StatusCommand& command) {
    const auto config = refuse_unfinished(load_config(command.config));
    if (!config) return fail_with(config.error(), command.config);
    if (command.watch_seconds > 0) return watch(config.value(), command);
    auto status = ServiceClient(config.value()).status();
    if (!status) {
        const auto report = read_stopped_status(config.value());
        if (!report) {
            Error error = report.error();
            if (error.kind == ErrorKind::Busy) {
                error.way_out = fmt::format(
                    "a walferry may hold the file that does not answer on {} yet, or listens elsewhere",
                    config.value().http.listen);
            }
            return fail_with(error, command.config);
        }
        status = status_json(report.value());
    }
    if (command.json) {
        fmt::print("{}\n", dumped(*status, 2));
    } else {
        fmt::print("{}", status_text(*status));
    }
    return ExitCode::Done;
}

}  // namespace walferry
