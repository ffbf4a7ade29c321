#include "apply/upsert/merge_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apply/same_value.h"
#include "model/quote.h"
#include "warehouse/lsn_literal.h"

namespace walferry {

namespace {

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

std::string fill_sql(const TablePlan& plan, const TargetName& staging, char key_letter, int group,
                     const UnchangedColumns& unchanged) {
    return fill_staged_sql(plan, staging, unchanged,
                           fmt::format("s.g = {} AND {}", group, key_match(plan, key_letter)));
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
    return {staging_name(plan, "gone"), staging_name(plan, "changed"), staging_name(plan, "moved"),
            staging_name(plan, "fewer")};
}

std::vector<TargetColumn> gone_columns(const TablePlan& plan) {
    std::vector<TargetColumn> columns;
    add_staged_columns(columns, plan, plan.key_count, 'c');
    return columns;
}

std::vector<TargetColumn> changed_columns(const TablePlan& plan) {
    std::vector<TargetColumn> columns{staging_column(plan, "g", "integer", Encoding::Int4)};
    add_staged_columns(columns, plan, plan.columns.size(), 'c');
    return columns;
}

std::vector<TargetColumn> moved_columns(const TablePlan& plan) {
    std::vector<TargetColumn> columns = changed_columns(plan);
    add_staged_columns(columns, plan, plan.key_count, 'b');
    return columns;
}

std::vector<TargetColumn> fewer_columns(const TablePlan& plan) {
    std::vector<TargetColumn> columns{staging_column(plan, "n", "bigint", Encoding::Int8)};
    add_staged_columns(columns, plan, plan.data_count(), 'c');
    return columns;
}

std::vector<StagingTable> upsert_staging(const TablePlan& plan) {
    const StagingTables names = staging_tables(plan);
    if (!plan.has_key()) return {{names.fewer, fewer_columns(plan)}};
    return {{names.gone, gone_columns(plan)},
            {names.changed, changed_columns(plan)},
            {names.moved, moved_columns(plan)}};
}

std::string empty_target_sql(const TablePlan& plan) {
    if (plan.kind == WarehouseKind::DuckDb) return "DELETE FROM " + to_sql(plan.target);
    return "TRUNCATE " + to_sql(plan.target);
}

std::string mark_all_deleted_sql(const TablePlan& plan, Lsn lsn) {
    std::vector<std::string> terms{fmt::format("{} = true", deleted_column)};
    if (plan.metadata) {
        terms.push_back(
            fmt::format("{} = {}, {} = now()", lsn_column, lsn_literal(plan.kind, lsn), synced_at_column));
    }
    return fmt::format("UPDATE {} SET {} WHERE NOT {}", to_sql(plan.target), fmt::join(terms, ", "),
                       deleted_column);
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
