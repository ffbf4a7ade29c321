#include "pipeline/verify/compared_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "model/pg_types.h"
#include "model/quote.h"
#include "pipeline/verify/latest_events.h"

namespace walferry {
namespace {

bool is_tracked(const TablePlan& plan, std::size_t position) {
    return plan.mode != TableMode::Scd2 ||
           std::find(plan.tracked.begin(), plan.tracked.end(), position) != plan.tracked.end();
}

/// Why the column can't be compared; null when it can.
const char* reason_against(const TablePlan& plan, std::size_t position) {
    switch (plan.column_rules.of(plan.source.columns[plan.source_index[position]].name)) {
        case ColumnRule::Hash:
            return "hashed";
        case ColumnRule::Mask:
            return "masked";
        default:
            break;
    }
    return is_tracked(plan, position) ? nullptr : "not tracked";
}

void add_columns(ComparedTable& table) {
    const TablePlan& plan = table.plan;
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        const SourceColumn& source = plan.source.columns[plan.source_index[i]];
        if (source.dropped) continue;
        const char* const reason = reason_against(plan, i);
        const bool in_key = i < plan.key_count;
        if (reason != nullptr && !(in_key && !is_tracked(plan, i))) {
            table.left_out.push_back(fmt::format("{} ({})", source.name, reason));
            continue;
        }
        auto compared = compare_as(source, plan.columns[i], plan.kind, table.columns.size());
        if (!compared) {
            table.left_out.push_back(
                fmt::format("{} (configured as {})", source.name, plan.columns[i].sql_type));
            continue;
        }
        table.columns.push_back({quote_identifier(source.name), quote_identifier(plan.columns[i].name),
                                 source.name, source.type.sql, plan.columns[i].sql_type, source.type.oid,
                                 std::move(*compared)});
        if (in_key) ++table.key_count;
    }
}

void choose_target_rows(ComparedTable& table) {
    const TablePlan& plan = table.plan;
    table.target_rows = to_sql(plan.target);
    switch (plan.mode) {
        case TableMode::Upsert:
            if (plan.marks_deleted()) table.target_filter = fmt::format("NOT {}", deleted_column);
            if (plan.metadata) table.target_lsn = lsn_column;
            table.extra_allowed = plan.on_delete == OnDelete::Ignore || !plan.applies_truncate;
            break;
        case TableMode::Scd2:
            table.target_filter = quote_identifier(plan.own_column(history_place::is_current).name);
            table.target_lsn = lsn_column;
            break;
        case TableMode::Append:
            table.target_rows = latest_events_sql(table);
            table.target_lsn = "_lsn";
            break;
    }
}

}  // namespace

std::vector<HashedColumn> ComparedTable::hashed() const {
    std::vector<HashedColumn> hashed;
    for (const Column& column : columns) hashed.push_back(column.compared.hashed);
    return hashed;
}

ComparisonPlan plan_comparison(const TablePlan& plan) {
    if (plan.mode == TableMode::Append && !plan.has_key())
        return {std::nullopt, "a change log of a table without key has no latest rows"};
    ComparedTable table;
    table.plan = plan;
    add_columns(table);
    if (table.key_count != plan.key_count)
        return {std::nullopt, "its key can't be compared: it is hashed, or of another type"};
    if (table.columns.empty()) return {std::nullopt, "none of its columns can be compared"};
    choose_target_rows(table);
    return {std::move(table), ""};
}

}  // namespace walferry
