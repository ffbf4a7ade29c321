#include <fmt/format.h>

#include "apply/load_row.h"
#include "apply/refusal/refused_rows.h"
#include "apply/staging_table.h"
#include "model/quote.h"

namespace walferry {

namespace {

/// A constraint of the target, and the condition under which a row breaks it.
struct RowConstraint {
    std::string name, broken;
};

Result<std::vector<RowConstraint>> constraints_of(WarehouseSession& session, const TargetName& target) {
    WALFERRY_TRY(
        found,
        session.query(fmt::format(
            "SELECT constraint_type, constraint_text, expression, constraint_column_names[1] FROM "
            "duckdb_constraints() WHERE database_name = {} AND schema_name = {} AND table_name = {} "
            "AND constraint_type IN ('CHECK', 'NOT NULL')",
            quote_literal(target.catalog), quote_literal(target.schema), quote_literal(target.table))));
    std::vector<RowConstraint> constraints;
    for (const auto& row : found.rows) {
        const bool check = row[0] == "CHECK";
        const std::string text = row[1].value_or("");
        const std::string column = quote_identifier(row[3].value_or(""));
        if (!check && !row[3]) continue;
        constraints.push_back(
            {check ? text : fmt::format("NOT NULL on column {}", row[3].value_or("")),
             check ? fmt::format("NOT ({})", row[2].value_or("true")) : fmt::format("{} IS NULL", column)});
    }
    return constraints;
}

/// The rows with a number: their event's index.
Status load_rows(WarehouseSession& session, const EventSpan& span, const Table& table, const TablePlan& plan,
                 const StagingTable& staging) {
    WALFERRY_TRY(loader, session.load(staging.name, staging.columns, plan.format));
    EventRows rows(span.batch, table);
    LoadRow numbered(plan.format);
    for (std::size_t i = span.begin; i < span.end; ++i) {
        WALFERRY_TRY(row, rows.row(i));
        if (row.empty()) continue;
        numbered.clear();
        numbered.int8(static_cast<std::int64_t>(i));
        numbered.fields(row);
        const Status loaded = loader->append(numbered.view());
        if (!loaded && loaded.error().kind != ErrorKind::Data) return loaded;  // else known by RowCheck
    }
    return loader->finish();
}

}  // namespace

Result<RefusedRows> refused_by_conditions(WarehouseSession& session, const EventSpan& span,
                                          const Table& table, const TablePlan& plan) {
    RefusedRows refused;
    WALFERRY_TRY(constraints, constraints_of(session, plan.target));
    if (constraints.empty()) return refused;
    std::vector<TargetColumn> columns{staging_column(plan, "_walferry_n", "bigint", Encoding::Int8)};
    columns.insert(columns.end(), plan.columns.begin(),
                   plan.columns.begin() + static_cast<std::ptrdiff_t>(plan.data_count()));
    for (TargetColumn& column : columns) column.not_null = false;
    StagingTable staging = staging_table(plan, "refused", std::move(columns));
    StagingTable quoted = staging;
    for (TargetColumn& column : quoted.columns) column.name = quote_identifier(column.name);
    WALFERRY_TRYV(session.execute(create_staging_sql(plan, {quoted})));
    WALFERRY_TRYV(load_rows(session, span, table, plan, staging));
    for (const RowConstraint& constraint : constraints) {
        auto found = session.query(
            fmt::format("SELECT _walferry_n FROM {} WHERE {}", to_sql(staging.name), constraint.broken));
        if (!found) break;  // over columns that are not the source's; the transaction may be dead
        for (const auto& row : found.value().rows) {
            const RecordedEvent& event = span.batch.events()[std::stoul(row[0].value_or("0"))];
            refused.emplace_back(event.sequence,
                                 Refusal{DeadLetterStage::Apply, "constraint",
                                         fmt::format("violates the constraint {} of {}", constraint.name,
                                                     to_string(plan.target))});
        }
    }
    return refused;
}

}  // namespace walferry
