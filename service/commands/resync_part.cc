#include <fmt/format.h>

#include "config/config.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/verify_access.h"
#include "service/verify_printer.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

const char* part_usage_problem(const ResyncCommand& command) {
    if (command.all || command.list || command.cancel || command.no_wait)
        return "resync: --where and --partition go with none of --all, --list, --cancel and --no-wait";
    if (command.tables.size() > 1) return "resync: --where and --partition are about one TABLE";
    if (command.tables.empty() && command.partition.empty()) return "resync: --where wants a TABLE";
    return nullptr;
}

std::string part_text(const ResyncCommand& command) {
    std::string text;
    if (!command.partition.empty()) text += " in partition " + command.partition;
    if (!command.where.empty()) text += " where " + command.where;
    return text;
}

/// Whether every target of the table was looked at, and each of its rows could be judged.
bool all_was_compared(const Json& results) {
    for (const Json& result : results) {
        if (result.contains("skipped") || result.value("undecided", 0) > 0) return false;
    }
    return !results.empty();
}

void print_end(const ResyncCommand& command, const Json& results, const VerifyPrinter& printer) {
    if (command.json) {
        fmt::print("{}\n", results.dump(2, ' ', false, Json::error_handler_t::replace));
        return;
    }
    const std::string table = results.empty() ? "" : results[0].value("table", "");
    const std::uint64_t left = printer.differences() - printer.repaired();
    fmt::print("{}: {} row{} made equal{}{}\n", table, printer.repaired(), printer.repaired() == 1 ? "" : "s",
               part_text(command), left == 0 ? "" : fmt::format("; {} not", left));
}

}  // namespace

ExitCode run_resync_part(const ResyncCommand& command) {
    if (const char* const problem = part_usage_problem(command)) {
        fmt::print(stderr, "walferry: {}\n", problem);
        return ExitCode::Usage;
    }
    const auto config = need_source_tables(load_config(command.config), "resync");
    if (!config) return fail_with(config.error(), command.config);
    VerifyOptions options;
    options.tables = command.tables;
    options.repair = true;
    options.rows_per_second = command.rate;
    options.where = command.where;
    options.partition = command.partition;
    VerifyPrinter printer({command.config, false, false, true});
    const auto results =
        VerifyAccess(config.value()).verify(options, [&](const Json& line) { printer.take(line); });
    printer.clear();
    if (!results) return fail_with(results.error(), command.config);
    print_end(command, results.value(), printer);
    const bool all_equal = printer.differences() == printer.repaired() && all_was_compared(results.value());
    return all_equal ? ExitCode::Done : ExitCode::No;
}

}  // namespace walferry
