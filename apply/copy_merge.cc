#include "apply/copy_merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apply/row_exchange.h"
#include "apply/schema/target_ddl.h"
#include "apply/staging_table.h"
#include "model/quote.h"

namespace walferry {

namespace {

std::string beside_sql(const TablePlan& plan, const ControlSchema& control) {
    return to_sql(copy_beside(plan, control));
}

std::vector<std::string> take_all_sql(const TablePlan& plan, const std::string& beside) {
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) columns.push_back(target_column(plan, i));
    return {fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", to_sql(plan.target),
                        fmt::join(columns, ", "), fmt::join(columns, ", "), beside)};
}

/// Not logged: when the warehouse goes down, so does the session, and the next one copies anew. Of the
/// indexes only those that refuse rows, but for the primary key, which the source has as well.
Status create_postgres(WarehouseSession& session, const TablePlan& plan, const std::string& beside) {
    WALFERRY_TRYV(session.execute(fmt::format(
        "CREATE UNLOGGED TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING "
        "GENERATED INCLUDING IDENTITY{})",
        beside, to_sql(plan.target), plan.mode == TableMode::Upsert ? " INCLUDING INDEXES" : "")));
    WALFERRY_TRY(found,
                 session.query(fmt::format(
                     "SELECT CASE WHEN c.conname IS NULL THEN format('DROP INDEX %s', "
                     "i.indexrelid::regclass) ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', "
                     "i.indrelid::regclass, c.conname) END FROM pg_index AS i LEFT JOIN pg_constraint AS c "
                     "ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid WHERE i.indrelid = "
                     "{}::regclass AND (i.indisprimary OR NOT (i.indisunique OR i.indisexclusion))",
                     quote_literal(beside))));
    for (const auto& row : found.rows) {
        WALFERRY_TRYV(session.execute(row[0].value_or("")));
    }
    return success();
}

Status create_duckdb(WarehouseSession& session, const TablePlan& plan, const TargetName& beside) {
    const std::string where = fmt::format(
        "database_name = {} AND schema_name = {} AND table_name = {}", quote_literal(plan.target.catalog),
        quote_literal(plan.target.schema), quote_literal(plan.target.table));
    WALFERRY_TRY(found, session.query(fmt::format(
                            "SELECT sql FROM duckdb_tables() WHERE {0} AND NOT EXISTS (SELECT 1 FROM "
                            "duckdb_constraints() WHERE {0} AND constraint_type = 'FOREIGN KEY')",
                            where)));
    if (!found.rows.empty()) return session.execute(create_renamed(found.rows[0][0].value_or(""), beside));
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < plan.columns.size(); ++i)
        columns.push_back(target_column(plan, i) + " " + plan.columns[i].sql_type);
    return session.execute(fmt::format("CREATE TABLE {} ({})", to_sql(beside), fmt::join(columns, ", ")));
}

Result<std::vector<std::string>> merge_sql(WarehouseSession& session, const TablePlan& plan,
                                           const std::string& beside, const MergeMoment& moment,
                                           bool has_key_index) {
    if (plan.mode == TableMode::Upsert) {
        return has_key_index ? exchange_rows_sql(plan, beside, "", moment.position)
                             : replace_rows_sql(plan, beside, moment.position);
    }
    if (plan.mode == TableMode::Append) return take_all_sql(plan, beside);
    WALFERRY_TRY(found, session.query(fmt::format("SELECT 1 FROM {} LIMIT 1", to_sql(plan.target))));
    if (found.rows.empty()) return take_all_sql(plan, beside);
    return merge_history_sql(plan, beside, "", moment.time, moment.position);
}

}  // namespace

TargetName copy_beside(const TablePlan& plan, const ControlSchema& control) {
    return control.side_table("copy", plan.source.id, plan.number);
}

Status create_copy_beside(WarehouseSession& session, const TablePlan& plan, const ControlSchema& control) {
    WALFERRY_TRYV(session.execute(drop_copy_beside_sql(plan, control)));
    return plan.kind == WarehouseKind::DuckDb ? create_duckdb(session, plan, copy_beside(plan, control))
                                              : create_postgres(session, plan, beside_sql(plan, control));
}

std::string drop_copy_beside_sql(const TablePlan& plan, const ControlSchema& control) {
    return "DROP TABLE IF EXISTS " + beside_sql(plan, control);
}

std::string drop_copies_beside_sql(const ControlSchema& control, RelationId source, std::size_t targets) {
    std::string sql;
    for (int number = 0; number < static_cast<int>(targets); ++number)
        sql += fmt::format("DROP TABLE IF EXISTS {};", to_sql(control.side_table("copy", source, number)));
    return sql;
}

Status merge_copy(WarehouseSession& session, const TablePlan& plan, const ControlSchema& control,
                  const MergeMoment& moment, bool has_key_index) {
    WALFERRY_TRY(statements, merge_sql(session, plan, beside_sql(plan, control), moment, has_key_index));
    for (const std::string& sql : statements) {
        Status done = session.execute(sql);
        if (done) continue;
        if (done.error().kind != ErrorKind::Data) return done;
        Error refused = done.error().in(
            fmt::format("{} does not take the copied rows, and stays as it was", to_string(plan.target)));
        refused.kind = ErrorKind::Refused;
        refused.way_out =
            "drop the constraint, reference or trigger of the target that the message names; then `walferry "
            "run CONFIG` copies the table anew";
        return refused;
    }
    return success();
}

}  // namespace walferry
