#include <fmt/format.h>

#include <iostream>
#include <iterator>

#include "config/config.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/result_json.h"
#include "service/text_table.h"
#include "service/warehouse_query.h"

namespace walferry {

ExitCode run_sql(const SqlCommand& command) {
    const auto config = need_warehouse(load_config(command.config), "sql");
    if (!config) return fail_with(config.error(), command.config);
    const std::string query = command.query ? *command.query
                                            : std::string{std::istreambuf_iterator<char>(std::cin),
                                                          std::istreambuf_iterator<char>()};
    const QueryOutcome outcome = query_warehouse(config.value(), query);
    if (outcome.failure) {
        print_error(outcome.failure->error, command.config);
        return outcome.failure->exit;
    }
    if (command.json) {
        fmt::print("{}\n", result_json(outcome.result));
    } else {
        fmt::print("{}", command.csv ? csv_text(outcome.result) : table_text(outcome.result));
    }
    return ExitCode::Done;
}

}  // namespace walferry
