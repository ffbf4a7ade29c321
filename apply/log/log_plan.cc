#include "apply/log/log_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/json_text.h"
#include "model/quote.h"

namespace walferry {

namespace {

std::string json_string(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

/// Of the columns of a group those that the found row (alias t) does not know either, as a JSON array; NULL
/// without.
std::string still_unchanged(const TablePlan& plan, const std::vector<std::size_t>& unchanged) {
    const bool duckdb = plan.kind == WarehouseKind::DuckDb;
    std::vector<std::string> names;
    for (const std::size_t i : unchanged) {
        const std::string& name = plan.columns[i].name;
        const std::string known =
            duckdb ? fmt::format("json_contains(t._unchanged, {})", quote_literal(json_string(name)))
                   : fmt::format("t._unchanged::jsonb ? {}", quote_literal(name));
        names.push_back(fmt::format("CASE WHEN {} THEN {} END", known, quote_literal(json_string(name))));
    }
    const std::string list = fmt::format("{}[{}]", duckdb ? "" : "ARRAY", fmt::join(names, ", "));
    return fmt::format("CAST(nullif('[' || array_to_string({}, ', ') || ']', '[]') AS json)", list);
}

}  // namespace

StagingTable log_staging(const TablePlan& plan) {
    std::vector<TargetColumn> columns{staging_column(plan, "g", "integer", Encoding::Int4)};
    add_staged_columns(columns, plan, plan.columns.size(), 'c');
    add_staged_columns(columns, plan, plan.key_count, 'b');
    return staging_table(plan, "log", std::move(columns));
}

std::string fill_log_sql(const TablePlan& plan, int group, const std::vector<std::size_t>& unchanged) {
    const std::string staged = to_sql(staging_name(plan, "log"));
    std::vector<std::string> keys, bases, values, set;
    for (std::size_t i = 0; i < plan.key_count; ++i) {
        keys.push_back("t." + target_column(plan, i));
        bases.push_back(fmt::format("b{}", i));
    }
    for (const std::size_t i : unchanged) {
        values.push_back("t." + target_column(plan, i));
        set.push_back(fmt::format("c{} = t.{}", i, target_column(plan, i)));
    }
    set.push_back(fmt::format("c{} = {}", plan.columns.size() - 1, still_unchanged(plan, unchanged)));
    return fmt::format(
        "UPDATE {0} AS s SET {1} FROM (SELECT DISTINCT ON ({2}) {2}, {3}, t._unchanged FROM {4} AS t JOIN "
        "(SELECT "
        "DISTINCT {5} FROM {0} WHERE g = {6}) AS s ON {7} WHERE t._op <> 'd' ORDER BY {2}, t._lsn DESC, "
        "t._seq DESC "
        "NULLS LAST) AS t WHERE s.g = {6} AND {7}",
        staged, fmt::join(set, ", "), fmt::join(keys, ", "), fmt::join(values, ", "), to_sql(plan.target),
        fmt::join(bases, ", "), group, key_match(plan, 'b'));
}

std::string insert_log_sql(const TablePlan& plan) {
    std::vector<std::string> targets, values;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) {
        targets.push_back(target_column(plan, i));
        values.push_back(fmt::format("c{}", i));
    }
    return fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", to_sql(plan.target), fmt::join(targets, ", "),
                       fmt::join(values, ", "), to_sql(staging_name(plan, "log")));
}

std::string unchanged_json(const TablePlan& plan, const std::vector<std::size_t>& unchanged) {
    std::vector<std::string> names;
    for (const std::size_t i : unchanged) names.push_back(json_string(plan.columns[i].name));
    return fmt::format("[{}]", fmt::join(names, ", "));
}

}  // namespace walferry
