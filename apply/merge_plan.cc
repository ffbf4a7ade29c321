#include "apply/merge_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "model/quote.h"

namespace walferry {

namespace {

TargetName staging_table(const TablePlan& plan, const char* purpose) {
    const std::string name = fmt::format("_walferry_{}_{}", purpose, plan.source.id);
    if (plan.kind == WarehouseKind::DuckDb) return {"temp", "main", name};
    return {"", "pg_temp", name};
}

TargetColumn plain_column(const TablePlan& plan, std::string name, const char* sql_type, Encoding encoding) {
    TargetColumn column;
    column.name = std::move(name);
    column.sql_type = sql_type;
    if (plan.format == LoadFormat::Binary) column.encoding.kind = encoding;
    return column;
}

void add_columns(std::vector<TargetColumn>& to, const TablePlan& plan, std::size_t count, char letter) {
    for (std::size_t i = 0; i < count; ++i) {
        TargetColumn column = plan.columns[i];
        column.name = fmt::format("{}{}", letter, i);
        column.not_null = false;
        to.push_back(std::move(column));
    }
}

std::string target_column(const TablePlan& plan, std::size_t i) {
    return quote_identifier(plan.columns[i].name);
}

std::string column_list(const TablePlan& plan) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) names.push_back(target_column(plan, i));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string staged_list(const TablePlan& plan) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) names.push_back(fmt::format("s.c{}", i));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string key_match(const TablePlan& plan, char staged_letter) {
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < plan.key_count; ++i) {
        terms.push_back(fmt::format("t.{} = s.{}{}", target_column(plan, i), staged_letter, i));
    }
    return fmt::format("{}", fmt::join(terms, " AND "));
}

std::string fill_sql(const TablePlan& plan, const TargetName& staging, char key_letter, int group,
                     const UnchangedColumns& unchanged) {
    std::vector<std::string> terms;
    for (const std::size_t i : unchanged)
        terms.push_back(fmt::format("c{} = t.{}", i, target_column(plan, i)));
    return fmt::format("UPDATE {} AS s SET {} FROM {} AS t WHERE s.g = {} AND {}", to_sql(staging),
                       fmt::join(terms, ", "), to_sql(plan.target), group, key_match(plan, key_letter));
}

/// Types whose equality is wider than being the same value: 1 mon = 30 days, -0 = 0.
bool equality_is_wide(const std::string& duckdb_type) {
    for (const char* type : {"INTERVAL", "DOUBLE", "FLOAT", "TIME WITH TIME ZONE"}) {
        if (duckdb_type.find(type) != std::string::npos) return true;
    }
    return false;
}

// Rows that are told apart in the stream may be equal in the target (1.0 and 1.00 as numeric(18,4)), so the
// counts are summed up over what the target takes for equal.

std::string delete_fewer_postgres(const TablePlan& plan) {
    std::vector<std::string> ours, theirs;
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        ours.push_back("t." + target_column(plan, i));
        theirs.push_back(fmt::format("c{}", i));
    }
    // As text: some types (json, point) have no equality, and that of others is wider than being the same.
    return fmt::format(
        "DELETE FROM {0} WHERE ctid IN (SELECT x.id FROM (SELECT t.ctid AS id, s.n, row_number() OVER "
        "(PARTITION BY s.k) AS r FROM {0} AS t JOIN (SELECT ROW({3})::text AS k, sum(n) AS n FROM {1} "
        "GROUP BY 1) AS s ON ROW({2})::text = s.k) AS x WHERE x.r <= x.n)",
        to_sql(plan.target), to_sql(staging_tables(plan).fewer), fmt::join(ours, ", "),
        fmt::join(theirs, ", "));
}

std::string delete_fewer_duckdb(const TablePlan& plan) {
    std::vector<std::string> terms, theirs, names;
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        const char* cast = equality_is_wide(plan.columns[i].sql_type) ? "::VARCHAR" : "";
        terms.push_back(fmt::format("t.{}{} IS NOT DISTINCT FROM s.k{}", target_column(plan, i), cast, i));
        theirs.push_back(fmt::format("c{0}{1} AS k{0}", i, cast));
        names.push_back(fmt::format("k{}", i));
    }
    return fmt::format(
        "DELETE FROM {0} WHERE rowid IN (SELECT x.id FROM (SELECT t.rowid AS id, s.n AS n, row_number() OVER "
        "(PARTITION BY s.id) AS r FROM {0} AS t JOIN (SELECT min(rowid) AS id, sum(n) AS n, {3} FROM {1} "
        "GROUP BY {4}) AS s ON {2}) AS x WHERE x.r <= x.n)",
        to_sql(plan.target), to_sql(staging_tables(plan).fewer), fmt::join(terms, " AND "),
        fmt::join(theirs, ", "), fmt::join(names, ", "));
}

}  // namespace

StagingTables staging_tables(const TablePlan& plan) {
    return {staging_table(plan, "gone"), staging_table(plan, "changed"), staging_table(plan, "moved"),
            staging_table(plan, "fewer")};
}

std::vector<TargetColumn> gone_columns(const TablePlan& plan) {
    std::vector<TargetColumn> columns;
    add_columns(columns, plan, plan.key_count, 'c');
    return columns;
}

std::vector<TargetColumn> changed_columns(const TablePlan& plan) {
    std::vector<TargetColumn> columns{plain_column(plan, "g", "integer", Encoding::Int4)};
    add_columns(columns, plan, plan.columns.size(), 'c');
    return columns;
}

std::vector<TargetColumn> moved_columns(const TablePlan& plan) {
    std::vector<TargetColumn> columns = changed_columns(plan);
    add_columns(columns, plan, plan.key_count, 'b');
    return columns;
}

std::vector<TargetColumn> fewer_columns(const TablePlan& plan) {
    std::vector<TargetColumn> columns{plain_column(plan, "n", "bigint", Encoding::Int8)};
    add_columns(columns, plan, plan.data_count(), 'c');
    return columns;
}

std::string create_staging_sql(const TablePlan& plan) {
    const bool duckdb = plan.kind == WarehouseKind::DuckDb;
    const StagingTables names = staging_tables(plan);
    std::string sql;
    const auto create = [&](const TargetName& name, const std::vector<TargetColumn>& columns) {
        std::vector<std::string> declared;
        for (const TargetColumn& column : columns) declared.push_back(column.name + " " + column.sql_type);
        if (duckdb) {
            sql += fmt::format("CREATE OR REPLACE TEMP TABLE {} ({});\n", quote_identifier(name.table),
                               fmt::join(declared, ", "));
        } else {
            sql += fmt::format("CREATE TEMP TABLE IF NOT EXISTS {} ({}) ON COMMIT DELETE ROWS;\n",
                               quote_identifier(name.table), fmt::join(declared, ", "));
        }
    };
    if (!plan.has_key()) {
        create(names.fewer, fewer_columns(plan));
        return sql;
    }
    create(names.gone, gone_columns(plan));
    create(names.changed, changed_columns(plan));
    create(names.moved, moved_columns(plan));
    return sql;
}

std::string clear_staging_sql(const TablePlan& plan) {
    if (plan.kind == WarehouseKind::DuckDb) return create_staging_sql(plan);
    const StagingTables names = staging_tables(plan);
    if (!plan.has_key()) return fmt::format("TRUNCATE {}", to_sql(names.fewer));
    return fmt::format("TRUNCATE {}, {}, {}", to_sql(names.gone), to_sql(names.changed), to_sql(names.moved));
}

std::string empty_target_sql(const TablePlan& plan) {
    if (plan.kind == WarehouseKind::DuckDb) return "DELETE FROM " + to_sql(plan.target);
    return "TRUNCATE " + to_sql(plan.target);
}

std::string delete_gone_sql(const TablePlan& plan) {
    return fmt::format("DELETE FROM {} AS t USING {} AS s WHERE {}", to_sql(plan.target),
                       to_sql(staging_tables(plan).gone), key_match(plan, 'c'));
}

std::string update_changed_sql(const TablePlan& plan, int group, const UnchangedColumns& unchanged) {
    std::vector<std::string> terms;
    for (std::size_t i = plan.key_count; i < plan.columns.size(); ++i) {
        if (std::find(unchanged.begin(), unchanged.end(), i) != unchanged.end()) continue;
        terms.push_back(fmt::format("{} = s.c{}", target_column(plan, i), i));
    }
    if (terms.empty()) return {};
    return fmt::format("UPDATE {} AS t SET {} FROM {} AS s WHERE s.g = {} AND {}", to_sql(plan.target),
                       fmt::join(terms, ", "), to_sql(staging_tables(plan).changed), group,
                       key_match(plan, 'c'));
}

std::string insert_missing_sql(const TablePlan& plan) {
    return fmt::format(
        "INSERT INTO {0} ({1}) SELECT {2} FROM {3} AS s WHERE s.g = {4} AND NOT EXISTS "
        "(SELECT 1 FROM {0} AS t WHERE {5})",
        to_sql(plan.target), column_list(plan), staged_list(plan), to_sql(staging_tables(plan).changed),
        full_group, key_match(plan, 'c'));
}

std::string fill_changed_sql(const TablePlan& plan, int group, const UnchangedColumns& unchanged) {
    return fill_sql(plan, staging_tables(plan).changed, 'c', group, unchanged);
}

std::string fill_moved_sql(const TablePlan& plan, int group, const UnchangedColumns& unchanged) {
    return fill_sql(plan, staging_tables(plan).moved, 'b', group, unchanged);
}

std::string insert_changed_sql(const TablePlan& plan) {
    return fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} AS s", to_sql(plan.target), column_list(plan),
                       staged_list(plan), to_sql(staging_tables(plan).changed));
}

std::string insert_moved_sql(const TablePlan& plan) {
    return fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} AS s", to_sql(plan.target), column_list(plan),
                       staged_list(plan), to_sql(staging_tables(plan).moved));
}

std::string delete_fewer_sql(const TablePlan& plan) {
    return plan.kind == WarehouseKind::DuckDb ? delete_fewer_duckdb(plan) : delete_fewer_postgres(plan);
}

}  // namespace walferry
