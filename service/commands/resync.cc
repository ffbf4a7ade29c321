#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "capture/source_catalog.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/logging.h"
#include "service/resync_wait.h"
#include "service/signals.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

/// How long a service that went away is waited for.
constexpr std::chrono::minutes absence_max{10};

std::optional<std::string> usage_problem(const ResyncCommand& command) {
    const bool names_some = !command.tables.empty();
    if (command.list && names_some) return "resync: --list takes no TABLE";
    if (command.list || command.cancel) return std::nullopt;
    if (names_some == command.all) return "resync: name a TABLE, or some, or --all";
    return std::nullopt;
}

void print(const Json& resyncs, bool as_json) {
    if (as_json) {
        fmt::print("{}\n", resyncs.dump(2, ' ', false, Json::error_handler_t::replace));
    } else {
        for (const Json& resync : resyncs) fmt::print("{}\n", resync_line(resync));
    }
}

Result<ExitCode> list(const ResyncCommand& command, const ResyncAccess& access) {
    WALFERRY_TRY(resyncs, access.list({{}, false}));
    if (command.json) {
        print(resyncs, true);
    } else {
        fmt::print("{}", resyncs_text(resyncs));
    }
    return ExitCode::Done;
}

bool is_called(const Json& resync, const std::string& name) {
    const std::string table = resync.value("table", "");
    return table == name || table.ends_with("." + name);
}

/// Open ones of the tables that are named, of all where none is. False when one of the names has none.
bool choose(const ResyncCommand& command, const Json& open, std::vector<std::int64_t>& ids) {
    bool all_found = true;
    const auto take = [&](const Json& resync) { ids.push_back(resync.value("id", std::int64_t{0})); };
    if (command.tables.empty()) {
        for (const Json& resync : open) take(resync);
    }
    for (const std::string& name : command.tables) {
        const std::size_t before = ids.size();
        for (const Json& resync : open) {
            if (is_called(resync, name)) take(resync);
        }
        if (ids.size() > before) continue;
        fmt::print(stderr, "walferry: there is no open resync of {}\n", name);
        all_found = false;
    }
    return all_found;
}

Result<ExitCode> cancel(const ResyncCommand& command, const ResyncAccess& access) {
    WALFERRY_TRY(open, access.list({{}, true}));
    std::vector<std::int64_t> ids;
    const bool all_found = choose(command, open, ids);
    Json cancelled = Json::array();
    if (!ids.empty()) {
        if (!access.is_remote()) {
            WALFERRY_TRYV(access.may_write());
        }
        WALFERRY_TRY(done, access.cancel(ids));
        cancelled = std::move(done);
    }
    print(cancelled, command.json);
    return all_found ? ExitCode::Done : ExitCode::No;
}

/// Whom Ctrl-C leaves the work to.
std::string parting_words(bool service_goes_on) {
    return fmt::format(
        "{}; `walferry resync CONFIG --list` shows where it stands, `walferry resync CONFIG "
        "--cancel` gives it up",
        service_goes_on ? "the service goes on with the resync"
                        : "not finished: the next `walferry run CONFIG` goes on with it");
}

Result<ExitCode> wait(const ResyncCommand& command, const Config& config, const ResyncAccess& access,
                      Json asked, std::stop_token stop) {
    ResyncFollower follower(std::move(asked), command.json);
    ResyncWaitEnd end = ResyncWaitEnd::TakenOver;
    if (!access.is_remote()) {
        WALFERRY_TRY(alone, carry_out_alone(config, follower, stop));
        end = alone;
    }
    bool service_goes_on = false;
    if (end == ResyncWaitEnd::TakenOver) {
        service_goes_on = true;
        WALFERRY_TRY(waited, wait_for_service(config, follower, absence_max, stop));
        end = waited;
    }
    if (end == ResyncWaitEnd::Detached)
        follower.say(with_config_path(parting_words(service_goes_on), command.config));
    return follower.finish() ? ExitCode::Done : ExitCode::No;
}

ExitCode refused(const Error& error, const std::string& config) {
    print_error(error, config);
    if (error.kind == ErrorKind::Data) return ExitCode::Usage;
    return error.kind == ErrorKind::Refused ? ExitCode::No : one_shot_exit_code(error);
}

/// Nothing is asked for that this command could not carry out.
Status check_sides(const Config& config, const ResyncAccess& access) {
    if (access.is_remote()) return success();
    WALFERRY_TRYV(connect_source_catalog(config.source.connection));
    return access.may_write();
}

Result<ExitCode> resync(const ResyncCommand& command, const Config& config, const ResyncAccess& access,
                        std::stop_token stop) {
    WALFERRY_TRYV(check_sides(config, access));
    auto asked = access.request({command.tables, command.all, command.rate});
    if (!asked) return refused(asked.error(), command.config);
    if (!command.no_wait) return wait(command, config, access, std::move(asked.value()), std::move(stop));
    print(asked.value(), command.json);
    return ExitCode::Done;
}

}  // namespace

ExitCode run_resync(const ResyncCommand& command, const LogFlags& log) {
    if (!command.where.empty() || !command.partition.empty()) return run_resync_part(command);
    if (const auto problem = usage_problem(command)) {
        fmt::print(stderr, "walferry: {}\n", *problem);
        return ExitCode::Usage;
    }
    const auto config = need_source_tables(load_config(command.config), "resync");
    if (!config) return fail_with(config.error(), command.config);
    if (command.new_slot) return run_new_slot(command, config.value());
    const bool waits = !command.list && !command.cancel && !command.no_wait;
    if (waits) {
        const LogConfig& configured = config.value().log;
        set_up_logging({log.level.empty() ? configured.level : log.level,
                        log.format.empty() ? configured.format : log.format, config.value().pipeline});
    }
    std::stop_source stop;
    std::optional<StopSignals> signals;
    if (waits) signals.emplace(stop, [stop]() mutable { stop.request_stop(); });
    const ResyncAccess access(config.value());
    const auto exit = command.list     ? list(command, access)
                      : command.cancel ? cancel(command, access)
                                       : resync(command, config.value(), access, stop.get_token());
    if (exit) return exit.value();
    return fail_with(exit.error(), command.config);
}

}  // namespace walferry
