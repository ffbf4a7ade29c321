#include <fmt/format.h>

#include <map>

#include "checkpoint/shape_json.h"
#include "config/config.h"
#include "model/quote.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/dbt_sources.h"
#include "service/new_file.h"
#include "service/warehouse_query.h"

namespace walferry {
namespace {

using Rows = std::vector<std::vector<std::optional<std::string>>>;
using TableColumns = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

const std::string& text_of(const std::optional<std::string>& value) {
    static const std::string none;
    return value ? *value : none;
}

/// source_schema, source_table, target_schema, target_table, mode, and the last shape.
std::string targets_query(const Config& config) {
    const std::string control = quote_identifier(config.warehouse.control_schema);
    return fmt::format(
        "SELECT s.source_schema, s.source_table, s.target_schema, s.target_table, s.mode, h.shape "
        "FROM {0}.table_state s JOIN {0}.schema_history h ON h.pipeline = s.pipeline "
        "AND h.relation_id = s.relation_id AND h.version = (SELECT max(version) FROM {0}.schema_history "
        "WHERE pipeline = s.pipeline AND relation_id = s.relation_id) "
        "WHERE s.pipeline = {1} AND s.state <> 'excluded' ORDER BY 3, 4",
        control, quote_literal(config.pipeline));
}

std::optional<TableMode> mode_of(const std::string& text) {
    for (const TableMode mode : {TableMode::Upsert, TableMode::Scd2, TableMode::Append}) {
        if (text == to_string(mode)) return mode;
    }
    return std::nullopt;
}

Result<std::vector<DbtTable>> tables_of(const Config& config, const Rows& targets, TableColumns columns) {
    std::vector<DbtTable> tables;
    for (const auto& row : targets) {
        const TableRule* const rule = find_rule(config, text_of(row[0]), text_of(row[1]));
        const auto mode = mode_of(text_of(row[4]));
        auto found = columns.find({text_of(row[2]), text_of(row[3])});
        if (rule == nullptr || !mode || found == columns.end()) continue;  // not of this configuration
        WALFERRY_TRY(shape, read_shape(text_of(row[5])));
        tables.push_back({text_of(row[2]), text_of(row[3]), std::move(found->second), *mode,
                          std::move(shape.table), rule});
    }
    return tables;
}

ExitCode fail(const QueryOutcome::Failure& failure, const std::string& config) {
    print_error(failure.error, config);
    return failure.exit;
}

}  // namespace

ExitCode run_dbt(const DbtCommand& command) {
    const auto config = need_warehouse(load_config(command.config), "dbt");
    if (!config) return fail_with(config.error(), command.config);
    const QueryOutcome targets = query_warehouse(config.value(), targets_query(config.value()));
    if (targets.failure) return fail(*targets.failure, command.config);
    const QueryOutcome named = query_warehouse(
        config.value(),
        "SELECT table_schema, table_name, column_name FROM information_schema.columns ORDER BY 1, 2, "
        "ordinal_position");
    if (named.failure) return fail(*named.failure, command.config);
    TableColumns columns;
    for (const auto& row : named.result.rows)
        columns[{text_of(row[0]), text_of(row[1])}].push_back(text_of(row[2]));
    const auto tables = tables_of(config.value(), targets.result.rows, std::move(columns));
    if (!tables) return fail_with(tables.error(), command.config);
    const std::string text = dbt_sources(config.value().pipeline, tables.value());
    if (command.output.empty()) {
        fmt::print("{}", text);
        return ExitCode::Done;
    }
    const Status written = write_new_file(command.output, text);
    if (written) return ExitCode::Done;
    return fail_with(written.error(), command.config);
}

}  // namespace walferry
