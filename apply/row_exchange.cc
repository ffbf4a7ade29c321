#include "apply/row_exchange.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apply/history/history_plan.h"
#include "apply/same_value.h"
#include "apply/staging_table.h"
#include "model/quote.h"
#include "warehouse/lsn_literal.h"

namespace walferry {

namespace {

std::string joined(const std::vector<std::string>& parts, const char* with = ", ") {
    return fmt::format("{}", fmt::join(parts, with));
}

/// "l.id = r.id AND …" over the key.
std::string same_key(const TablePlan& plan, const char* left, const char* right) {
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < plan.key_count; ++i)
        terms.push_back(fmt::format("{1}.{0} = {2}.{0}", target_column(plan, i), left, right));
    return joined(terms, " AND ");
}

/// The further condition that the row's key is among those that are asked for.
std::string among(const TablePlan& plan, const std::string& keys_table, const char* row) {
    if (keys_table.empty() || !plan.has_key()) return {};
    return fmt::format(" AND EXISTS (SELECT 1 FROM {} AS k WHERE {})", keys_table, same_key(plan, row, "k"));
}

std::string key_list(const TablePlan& plan, const std::string& prefix = "") {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < plan.key_count; ++i) names.push_back(prefix + target_column(plan, i));
    return joined(names);
}

std::string column_list(const TablePlan& plan) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) names.push_back(target_column(plan, i));
    return joined(names);
}

/// The data columns of row s, then walferry's own.
std::string value_list(const TablePlan& plan, const std::vector<std::string>& own) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < plan.data_count(); ++i) values.push_back("s." + target_column(plan, i));
    values.insert(values.end(), own.begin(), own.end());
    return joined(values);
}

std::vector<std::string> own_values(const TablePlan& plan, const char* deleted, Lsn position) {
    std::vector<std::string> values;
    if (plan.marks_deleted()) values.emplace_back(deleted);
    if (!plan.metadata) return values;
    values.push_back(lsn_literal(plan.kind, position));
    values.emplace_back("now()");
    return values;
}

/// "_walferry_deleted = …, _walferry_lsn = …".
std::vector<std::string> own_assignments(const TablePlan& plan, const char* deleted, Lsn position) {
    std::vector<std::string> terms = own_values(plan, deleted, position);
    for (std::size_t i = 0; i < terms.size(); ++i)
        terms[i] = fmt::format("{} = {}", target_column(plan, plan.data_count() + i), terms[i]);
    return terms;
}

std::vector<std::size_t> compared_columns(const TablePlan& plan) {
    if (plan.mode == TableMode::Scd2) return plan.tracked;
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        if (!plan.source.columns[plan.source_index[i]].dropped) columns.push_back(i);
    }
    return columns;
}

/// Rows t and s hold the same, and t is not marked as deleted.
std::string same_row(const TablePlan& plan) {
    SameRow same(plan.kind);
    for (const std::size_t i : compared_columns(plan))
        same.add(plan.columns[i].sql_type, "t." + target_column(plan, i), "s." + target_column(plan, i));
    const std::string values = compared_columns(plan).empty() ? "true" : same.sql();
    return plan.marks_deleted() ? fmt::format("{} AND t.{} IS FALSE", values, deleted_column) : values;
}

/// Rows of the target that `from` lacks.
std::string leave_sql(const TablePlan& plan, const std::string& from, const std::string& keys_table,
                      Lsn position) {
    const std::string vanished = fmt::format("NOT EXISTS (SELECT 1 FROM {} AS s WHERE {}){}", from,
                                             same_key(plan, "s", "t"), among(plan, keys_table, "t"));
    if (!plan.marks_deleted())
        return fmt::format("DELETE FROM {} AS t WHERE {}", to_sql(plan.target), vanished);
    return fmt::format("UPDATE {} AS t SET {} WHERE t.{} IS NOT TRUE AND {}", to_sql(plan.target),
                       joined(own_assignments(plan, "true", position)), deleted_column, vanished);
}

/// DuckDB, whose targets have no primary key: all but one of the rows that somebody gave the same key.
std::string delete_doubles_sql(const TablePlan& plan, const std::string& keys_table) {
    return fmt::format(
        "DELETE FROM {0} AS t USING (SELECT {1}, min(rowid) AS kept FROM {0} AS g WHERE true{3} GROUP BY {1} "
        "HAVING count(*) > 1) AS d WHERE {2} AND t.rowid > d.kept",
        to_sql(plan.target), key_list(plan), same_key(plan, "t", "d"), among(plan, keys_table, "g"));
}

std::string replace_differing_sql(const TablePlan& plan, const std::string& from,
                                  const std::string& keys_table, Lsn position) {
    const std::string which = fmt::format("{} AND NOT ({}){}", same_key(plan, "t", "s"), same_row(plan),
                                          among(plan, keys_table, "t"));
    if (plan.kind == WarehouseKind::DuckDb)
        return fmt::format("DELETE FROM {} AS t USING {} AS s WHERE {}", to_sql(plan.target), from, which);
    std::vector<std::string> set;
    for (std::size_t i = 0; i < plan.data_count(); ++i)
        set.push_back(fmt::format("{0} = s.{0}", target_column(plan, i)));
    for (std::string& term : own_assignments(plan, "false", position)) set.push_back(std::move(term));
    return fmt::format("UPDATE {} AS t SET {} FROM {} AS s WHERE {}", to_sql(plan.target), joined(set), from,
                       which);
}

std::string current(const TablePlan& plan) {
    return quote_identifier(plan.own_column(history_place::is_current).name);
}

}  // namespace

std::vector<std::string> replace_rows_sql(const TablePlan& plan, const std::string& from, Lsn position) {
    // Not TRUNCATE: in PostgreSQL that shows an empty table to transactions that began before.
    return {"DELETE FROM " + to_sql(plan.target),
            fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} AS s", to_sql(plan.target), column_list(plan),
                        value_list(plan, own_values(plan, "false", position)), from)};
}

std::vector<std::string> exchange_rows_sql(const TablePlan& plan, const std::string& from,
                                           const std::string& keys_table, Lsn position) {
    if (!plan.has_key()) return replace_rows_sql(plan, from, position);
    std::vector<std::string> statements;
    if (plan.kind == WarehouseKind::DuckDb) statements.push_back(delete_doubles_sql(plan, keys_table));
    if (plan.on_delete != OnDelete::Ignore) statements.push_back(leave_sql(plan, from, keys_table, position));
    statements.push_back(replace_differing_sql(plan, from, keys_table, position));
    statements.push_back(fmt::format(
        "INSERT INTO {0} ({1}) SELECT {2} FROM {3} AS s WHERE NOT EXISTS (SELECT 1 FROM {0} AS t WHERE "
        "{4}){5}",
        to_sql(plan.target), column_list(plan), value_list(plan, own_values(plan, "false", position)), from,
        same_key(plan, "t", "s"), among(plan, keys_table, "s")));
    return statements;
}

std::vector<std::string> merge_history_sql(const TablePlan& plan, const std::string& from,
                                           const std::string& keys_table, PgTime time, Lsn position) {
    const auto own = [&](std::size_t place) { return quote_identifier(plan.own_column(place).name); };
    const std::string moment = time_literal(plan, time);
    return {
        fmt::format("UPDATE {0} AS t SET {1} = greatest({2}, t.{3}), {4} = false WHERE t.{4} AND NOT EXISTS "
                    "(SELECT 1 FROM {5} AS s WHERE {6} AND {7}){8}",
                    to_sql(plan.target), own(history_place::valid_to), moment, own(history_place::valid_from),
                    current(plan), from, same_key(plan, "t", "s"), same_row(plan),
                    among(plan, keys_table, "t")),
        fmt::format("INSERT INTO {0} ({1}) SELECT {2} FROM {3} AS s WHERE NOT EXISTS (SELECT 1 FROM {0} AS t "
                    "WHERE t.{4} AND {5}){6}",
                    to_sql(plan.target), column_list(plan),
                    value_list(plan, {moment, "NULL", "true", lsn_literal(plan.kind, position)}), from,
                    current(plan), same_key(plan, "t", "s"), among(plan, keys_table, "s"))};
}

std::vector<std::string> add_log_rows_sql(const TablePlan& plan, const std::string& from,
                                          const std::string& keys_table, PgTime time, Lsn position) {
    return {fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} AS s WHERE true{}", to_sql(plan.target),
                        column_list(plan),
                        value_list(plan, {"'r'", lsn_literal(plan.kind, position), "NULL",
                                          time_literal(plan, time), "NULL", "NULL", "NULL"}),
                        from, among(plan, keys_table, "s"))};
}

std::string differing_keys_sql(const TablePlan& plan, const std::string& from) {
    if (!plan.has_key() || plan.mode == TableMode::Append) return {};
    const bool history = plan.mode == TableMode::Scd2;
    const std::string rows =
        history ? fmt::format("(SELECT * FROM {} WHERE {})", to_sql(plan.target), current(plan))
                : to_sql(plan.target);
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < plan.key_count; ++i)
        keys.push_back(fmt::format("coalesce(s.{0}, t.{0}) AS {0}", target_column(plan, i)));
    const std::string first = target_column(plan, 0);
    // A key column that is NULL: that side has no such row.
    std::string differs =
        fmt::format("t.{0} IS NULL OR (s.{0} IS NOT NULL AND NOT ({1}))", first, same_row(plan));
    if (plan.marks_deleted()) {
        differs += fmt::format(" OR (s.{} IS NULL AND t.{} IS NOT TRUE)", first, deleted_column);
    } else if (history || plan.on_delete == OnDelete::Hard) {
        differs += fmt::format(" OR s.{} IS NULL", first);
    }
    std::string sql = fmt::format("SELECT {} FROM {} AS t FULL JOIN {} AS s ON {} WHERE {}", joined(keys),
                                  rows, from, same_key(plan, "t", "s"), differs);
    if (plan.kind == WarehouseKind::DuckDb && !history)
        sql += fmt::format(" UNION SELECT {0} FROM {1} GROUP BY {0} HAVING count(*) > 1", key_list(plan),
                           to_sql(plan.target));
    return sql;
}

}  // namespace walferry
