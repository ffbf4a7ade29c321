#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apply/load_row.h"
#include "config/config.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/dead_letter_access.h"
#include "service/dead_letter_view.h"
#include "service/time_text.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;
using Action = DlqCommand::Action;

std::string json_line(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// What is wrong with the command line, beyond what its parser knows.
std::optional<std::string> usage_problem(const DlqCommand& command) {
    const PgTime now = pg_time_now();
    for (const auto& [name, text] : {std::pair("--since", command.since), {"--until", command.until}}) {
        if (text.empty() || parse_time(text, now)) continue;
        return fmt::format(
            "{} {}: is no time, allowed: 2026-05-01, 2026-05-01T12:30:00Z, or 24h for so long ago", name,
            text);
    }
    if (command.action == Action::Show && command.ids.empty()) return "dlq show: an ID is required";
    const bool chosen = !command.ids.empty() || !command.table.empty() || !command.stage.empty() ||
                        !command.since.empty() || !command.until.empty();
    if (command.action == Action::Discard && !chosen)
        return "dlq discard: IDs or a filter are required; --table '*' discards all";
    return std::nullopt;
}

DeadLetterFilter filter_of(const DlqCommand& command) {
    const PgTime now = pg_time_now();
    DeadLetterFilter filter;
    filter.ids = command.ids;
    filter.table = command.table;
    if (!command.stage.empty()) filter.stage = parse_dead_letter_stage(command.stage);
    if (!command.since.empty()) filter.since = parse_time(command.since, now);
    if (!command.until.empty()) filter.until = parse_time(command.until, now);
    if (command.action == Action::Show) filter.state.reset();
    return filter;
}

/// Ids that were named, and are not among those found.
bool report_missing(const DlqCommand& command, std::vector<std::int64_t> found) {
    bool all_found = true;
    std::sort(found.begin(), found.end());
    for (const std::int64_t id : command.ids) {
        if (std::binary_search(found.begin(), found.end(), id)) continue;
        all_found = false;
        fmt::print(stderr, "walferry: there is no {}dead letter {}\n",
                   command.action == Action::Show ? "" : "open ", id);
    }
    return all_found;
}

Result<ExitCode> list(const DlqCommand& command, const DeadLetterAccess& access) {
    Json letters = Json::array();
    WALFERRY_TRYV(
        access.list(filter_of(command), [&](Json letter) { letters.push_back(std::move(letter)); }));
    fmt::print("{}", command.json ? json_line(letters) : letters_text(letters));
    return ExitCode::Done;
}

Result<ExitCode> show(const DlqCommand& command, const DeadLetterAccess& access) {
    Json letters = Json::array();
    std::vector<std::int64_t> found;
    WALFERRY_TRYV(access.list(filter_of(command), [&](Json letter) {
        found.push_back(letter.value("id", std::int64_t{0}));
        letters.push_back(std::move(letter));
    }));
    if (command.json) {
        fmt::print("{}", json_line(letters));
    } else {
        for (const Json& letter : letters)
            fmt::print("{}{}", &letter == &letters.front() ? "" : "\n", letter_text(letter));
    }
    return report_missing(command, std::move(found)) ? ExitCode::Done : ExitCode::No;
}

/// Ids of the open letters that the command names, in the order of their commits.
Result<std::vector<std::int64_t>> chosen_ids(const DlqCommand& command, const DeadLetterAccess& access) {
    std::vector<std::int64_t> ids;
    WALFERRY_TRYV(access.list(
        filter_of(command), [&](const Json& letter) { ids.push_back(letter.value("id", std::int64_t{0})); }));
    return ids;
}

Result<ExitCode> discard(const DlqCommand& command, const DeadLetterAccess& access) {
    WALFERRY_TRY(ids, chosen_ids(command, access));
    std::vector<std::int64_t> discarded;
    if (!ids.empty()) {
        WALFERRY_TRY(done, access.discard(ids));
        discarded = std::move(done);
    }
    if (command.json) {
        fmt::print("{}", json_line(Json{{"discarded", discarded}}));
    } else {
        fmt::print("discarded {} dead letter{}\n", discarded.size(), discarded.size() == 1 ? "" : "s");
    }
    return report_missing(command, std::move(discarded)) ? ExitCode::Done : ExitCode::No;
}

Result<ExitCode> replay(const DlqCommand& command, const DeadLetterAccess& access) {
    WALFERRY_TRY(ids, chosen_ids(command, access));
    bool any_refused = false;
    Json all = Json::array();
    Status replayed = success();
    if (!ids.empty()) {
        replayed = access.replay(ids, [&](const Json& results) {
            any_refused = any_refused || has_refused(results);
            if (!command.json) fmt::print("{}", results_text(results));
            all.insert(all.end(), results.begin(), results.end());
        });
    }
    if (command.json) fmt::print("{}", json_line(all));
    WALFERRY_TRYV(std::move(replayed));
    const bool all_found = report_missing(command, ids);
    return any_refused || !all_found ? ExitCode::No : ExitCode::Done;
}

Result<ExitCode> run(const DlqCommand& command, const DeadLetterAccess& access) {
    switch (command.action) {
        case Action::List:
            return list(command, access);
        case Action::Show:
            return show(command, access);
        case Action::Discard:
            return discard(command, access);
        case Action::Replay:
            return replay(command, access);
    }
    return ExitCode::Usage;
}

}  // namespace

ExitCode run_dlq(const DlqCommand& command) {
    if (const auto problem = usage_problem(command)) {
        fmt::print(stderr, "walferry: {}\n", *problem);
        return ExitCode::Usage;
    }
    const auto config = need_warehouse(load_config(command.config), "dlq");
    if (!config) return fail_with(config.error(), command.config);
    const auto exit = run(command, DeadLetterAccess(config.value()));
    if (exit) return exit.value();
    return fail_with(exit.error(), command.config);
}

}  // namespace walferry
