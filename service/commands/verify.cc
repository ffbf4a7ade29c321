#include "config/config.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/verify_access.h"
#include "service/verify_printer.h"

namespace walferry {

using Json = nlohmann::ordered_json;

ExitCode run_verify(const VerifyCommand& command) {
    const auto config = need_source_tables(load_config(command.config), "verify");
    if (!config) return fail_with(config.error(), command.config);
    VerifyOptions options;
    options.tables = command.tables;
    options.values = command.verbose;
    options.repair = command.repair;
    options.rows_per_second = command.rate;
    options.limit = command.limit;
    options.where = command.where;
    options.partition = command.partition;
    VerifyPrinter printer({command.config, command.json, command.verbose});
    const auto results =
        VerifyAccess(config.value()).verify(options, [&](const Json& line) { printer.take(line); });
    if (!results) return fail_with(results.error(), command.config);
    printer.finish(results.value());
    return printer.differences() == printer.repaired() ? ExitCode::Done : ExitCode::No;
}

}  // namespace walferry
