#include "pipeline/schema/target_alteration.h"

#include <fmt/format.h>

#include <algorithm>

#include "apply/load_row.h"
#include "apply/schema/target_ddl.h"
#include "apply/staging_table.h"
#include "model/byte_order.h"
#include "model/quote.h"

namespace walferry {

namespace {

Status execute_all(WarehouseSession& session, const std::vector<std::string>& statements) {
    for (const std::string& sql : statements) {
        WALFERRY_TRYV(session.execute(sql));
    }
    return success();
}

/// DuckDB: see TargetDdl::alters_structure.
Status renew(WarehouseSession& session, const TablePlan& plan) {
    WALFERRY_TRY(found, session.query(
                            fmt::format("SELECT sql FROM duckdb_tables() WHERE database_name = {} AND "
                                        "schema_name = {} AND table_name = {}",
                                        quote_literal(plan.target.catalog), quote_literal(plan.target.schema),
                                        quote_literal(plan.target.table))));
    if (found.rows.empty()) {
        return Error{ErrorKind::Schema,
                     fmt::format("the target {} is not there any more", to_string(plan.target)),
                     "`walferry run CONFIG` copies the table anew", ""};
    }
    const std::string name = fmt::format("_walferry_new_{}_{}", plan.source.id, plan.number);
    return execute_all(session, renew_sql(plan, found.rows[0][0].value_or(""), name));
}

/// The primary key, or the index of ours, that serves the old key; a copy makes the new one.
Status drop_key(WarehouseSession& session, const TablePlan& plan) {
    for (const KeyIndex& index : key_indexes(plan)) {
        if (!index.name.empty()) {
            const TargetName name{plan.target.catalog, plan.target.schema, index.name};
            WALFERRY_TRYV(session.execute("DROP INDEX IF EXISTS " + to_sql(name)));
            continue;
        }
        WALFERRY_TRY(found,
                     session.query(fmt::format(
                         "SELECT conname FROM pg_catalog.pg_constraint WHERE conrelid = {}::regclass AND "
                         "contype = 'p'",
                         quote_literal(to_sql(plan.target)))));
        for (const auto& row : found.rows) {
            WALFERRY_TRYV(
                session.execute(fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", to_sql(plan.target),
                                            quote_identifier(row[0].value_or("")))));
        }
    }
    return success();
}

/// Loads the value as any other is loaded, for the warehouse's own reading of its text could differ.
Status fill_loaded(WarehouseSession& session, const TablePlan& plan, const FilledColumn& fill) {
    TargetColumn column = fill.column;
    column.name = "c0";
    column.not_null = false;
    const StagingTable staging = staging_table(plan, "missing", {column});
    WALFERRY_TRYV(session.execute(create_staging_sql(plan, {staging})));
    std::string row(sizeof(std::int32_t) + encoded_bytes_max(column.encoding, fill.value.size()), '\0');
    char* const end = encode_text(column.encoding, fill.value, row.data() + sizeof(std::int32_t));
    if (end == nullptr) {
        return Error{
            ErrorKind::Schema,
            fmt::format("{}: the default of the new column {}, {:?}, can't be represented as {}",
                        plan.source.qualified_name(), fill.column.name, fill.value, column.sql_type),
            "give the column another type with `types:` in its table rule, then `walferry run CONFIG`", ""};
    }
    row.resize(static_cast<std::size_t>(end - row.data()));
    store_big_endian(row.data(), static_cast<std::int32_t>(row.size() - sizeof(std::int32_t)));
    {
        WALFERRY_TRY(loader, session.load(staging.name, staging.columns, plan.format));
        WALFERRY_TRYV(loader->append(row));
        WALFERRY_TRYV(loader->finish());
    }
    const std::string value = fmt::format("(SELECT c0 FROM {})", to_sql(staging.name));
    WALFERRY_TRYV(session.execute(fill_sql(plan, fill, value)));
    return session.execute("DROP TABLE " + to_sql(staging.name));
}

Status alter(WarehouseSession& session, const TablePlan& old_plan, const TablePlan& new_plan,
             const ShapeChange& change, bool rows_changed) {
    if (key_changed(old_plan, new_plan, change)) {
        WALFERRY_TRYV(drop_key(session, old_plan));
    }
    const TargetDdl ddl = target_ddl(old_plan, new_plan, change);
    if (ddl.alters_structure && rows_changed && old_plan.kind == WarehouseKind::DuckDb) {
        WALFERRY_TRYV(renew(session, old_plan));
    }
    WALFERRY_TRYV(execute_all(session, ddl.statements));
    for (const FilledColumn& fill : ddl.fills) {
        const std::string literal = exact_literal(new_plan, fill);
        Status filled = literal.empty() ? fill_loaded(session, new_plan, fill)
                                        : session.execute(fill_sql(new_plan, fill, literal));
        WALFERRY_TRYV(std::move(filled));
    }
    WALFERRY_TRYV(execute_all(session, ddl.updates));
    return execute_all(session, latest_ddl(old_plan, new_plan, change));
}

/// What a person can do about it, where the warehouse refused: a view, an index or a constraint of theirs
/// that depends on the column.
Error explained(const Error& error, const TablePlan& plan) {
    Error refused = error.in(fmt::format("altering {}", to_string(plan.target)));
    const bool heals = error.kind == ErrorKind::Connection || error.kind == ErrorKind::Busy ||
                       error.kind == ErrorKind::Serialization || error.kind == ErrorKind::Resource ||
                       error.kind == ErrorKind::Cancelled || error.kind == ErrorKind::Fenced;
    if (heals) return refused;
    if (error.kind != ErrorKind::Permission) refused.kind = ErrorKind::Schema;
    if (refused.way_out.empty())
        refused.way_out =
            "drop what depends on the column in the warehouse (a view, an index, a constraint), `walferry "
            "run CONFIG`, "
            "and make it again";
    return refused;
}

}  // namespace

bool key_changed(const TablePlan& old_plan, const TablePlan& new_plan, const ShapeChange& change) {
    if (old_plan.key_count != new_plan.key_count) return true;
    for (std::size_t i = 0; i < new_plan.key_count; ++i) {
        const auto origin = change.origin[new_plan.source_index[i]];
        if (!origin || *origin != old_plan.source_index[i]) return true;
    }
    return false;
}

Status alter_targets(WarehouseSession& session, const std::vector<TablePlan>& old_plans,
                     const std::vector<TablePlan>& new_plans, const ShapeChange& change, bool rows_changed) {
    for (std::size_t i = 0; i < old_plans.size(); ++i) {
        Status altered = alter(session, old_plans[i], new_plans[i], change, rows_changed);
        if (!altered) return explained(altered.error(), old_plans[i]);
    }
    return success();
}

}  // namespace walferry
