#include "apply/history/history_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apply/load_row.h"
#include "apply/same_value.h"
#include "model/quote.h"

namespace walferry {

namespace {

std::string is_current(const TablePlan& plan) {
    return "t." + history_column(plan, history_place::is_current);
}

/// Whether all tracked columns have the same values; `left` and `right` give a column's SQL by load position.
template <class Left, class Right>
std::string tracked_same(const TablePlan& plan, Left left, Right right) {
    SameRow same(plan.kind);
    for (const std::size_t i : plan.tracked) same.add(plan.columns[i].sql_type, left(i), right(i));
    return same.sql();
}

}  // namespace

std::string staged_states(const TablePlan& plan) {
    return to_sql(staging_name(plan, "states"));
}

std::string history_column(const TablePlan& plan, std::size_t place) {
    return quote_identifier(plan.own_column(place).name);
}

StagingTable history_staging(const TablePlan& plan) {
    std::vector<TargetColumn> columns{staging_column(plan, "k", "integer", Encoding::Int4),
                                      staging_column(plan, "n", "integer", Encoding::Int4),
                                      staging_column(plan, "e", "boolean", Encoding::Bool),
                                      staging_column(plan, "f", "boolean", Encoding::Bool),
                                      staging_column(plan, "u", "boolean", Encoding::Bool),
                                      staging_column(plan, "x", "boolean", Encoding::Bool),
                                      staging_column(plan, "z", "boolean", Encoding::Bool),
                                      staging_column(plan, "d", "boolean", Encoding::Bool),
                                      staging_column(plan, "g", "integer", Encoding::Int4),
                                      staging_column(plan, "p", "boolean", Encoding::Bool)};
    TargetColumn time = plan.own_column(history_place::valid_from);
    time.name = "ts";
    TargetColumn lsn = plan.columns.back();
    lsn.name = "lsn";
    lsn.not_null = false;
    columns.push_back(std::move(time));
    columns.push_back(std::move(lsn));
    add_staged_columns(columns, plan, plan.data_count(), 'c');
    add_staged_columns(columns, plan, plan.key_count, 'b');
    return staging_table(plan, "states", std::move(columns));
}

std::string fill_states_sql(const TablePlan& plan, int group, const std::vector<std::size_t>& unchanged) {
    return fill_staged_sql(
        plan, staging_name(plan, "states"), unchanged,
        fmt::format("s.g = {} AND {} AND {}", group, is_current(plan), key_match(plan, 'b')));
}

std::string raise_times_sql(const TablePlan& plan, bool all_versions) {
    std::vector<std::string> keys, names;
    for (std::size_t i = 0; i < plan.key_count; ++i) {
        names.push_back("t." + target_column(plan, i));
        keys.push_back(fmt::format("{} AS c{}", names.back(), i));
    }
    return fmt::format(
        "UPDATE {0} AS s SET ts = x.latest FROM (SELECT {1}, max(coalesce(t.{2}, t.{3})) AS latest FROM {4} "
        "AS t "
        "WHERE {8}EXISTS (SELECT 1 FROM {0} AS s WHERE {5}) GROUP BY {6}) AS x WHERE {7} AND x.latest > s.ts",
        staged_states(plan), fmt::join(keys, ", "), history_column(plan, history_place::valid_to),
        history_column(plan, history_place::valid_from), to_sql(plan.target), key_match(plan, 'c'),
        fmt::join(names, ", "), staged_match(plan, "s.c", "x.c"),
        all_versions ? "" : is_current(plan) + " AND ");
}

std::string end_truncated_sql(const TablePlan& plan, PgTime time) {
    return fmt::format(
        "UPDATE {0} AS t SET {1} = greatest({2}, t.{3}), {4} = false WHERE {5} AND NOT EXISTS (SELECT 1 FROM "
        "{6} "
        "AS s WHERE {7})",
        to_sql(plan.target), history_column(plan, history_place::valid_to), time_literal(plan, time),
        history_column(plan, history_place::valid_from), history_column(plan, history_place::is_current),
        is_current(plan), staged_states(plan), key_match(plan, 'c'));
}

std::string drop_same_as_current_sql(const TablePlan& plan) {
    return fmt::format("DELETE FROM {} AS s USING {} AS t WHERE s.f AND s.p AND {} AND {} AND {}",
                       staged_states(plan), to_sql(plan.target), is_current(plan), key_match(plan, 'c'),
                       tracked_same(
                           plan, [&](std::size_t i) { return "t." + target_column(plan, i); },
                           [](std::size_t i) { return fmt::format("s.c{}", i); }));
}

std::string drop_same_as_before_sql(const TablePlan& plan) {
    return fmt::format(
        "DELETE FROM {0} AS s USING {0} AS t WHERE s.u AND s.p AND t.p AND t.n = s.n - 1 AND {1}",
        staged_states(plan),
        tracked_same(
            plan, [](std::size_t i) { return fmt::format("t.c{}", i); },
            [](std::size_t i) { return fmt::format("s.c{}", i); }));
}

std::string drop_never_there_sql(const TablePlan& plan) {
    return fmt::format(
        "DELETE FROM {} AS s WHERE s.f AND NOT s.p AND NOT EXISTS (SELECT 1 FROM {} AS t WHERE "
        "{} AND {})",
        staged_states(plan), to_sql(plan.target), is_current(plan), key_match(plan, 'c'));
}

std::string hold_times_sql(const TablePlan& plan) {
    return fmt::format(
        "UPDATE {0} AS s SET ts = x.held FROM (SELECT n, max(ts) OVER (PARTITION BY k ORDER BY n) AS held "
        "FROM {0}) AS x WHERE x.n = s.n AND x.held > s.ts",
        staged_states(plan));
}

std::string close_versions_sql(const TablePlan& plan) {
    return fmt::format(
        "UPDATE {} AS t SET {} = s.ts, {} = false FROM (SELECT DISTINCT ON (k) k, ts, {} FROM {} WHERE e "
        "ORDER BY k, "
        "n) AS s WHERE {} AND {}",
        to_sql(plan.target), history_column(plan, history_place::valid_to),
        history_column(plan, history_place::is_current), staged_list(plan.key_count), staged_states(plan),
        is_current(plan), key_match(plan, 'c'));
}

std::string open_versions_sql(const TablePlan& plan) {
    std::vector<std::string> targets;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) targets.push_back(target_column(plan, i));
    return fmt::format(
        "INSERT INTO {} ({}) SELECT {}, ts, until, until IS NULL, lsn FROM (SELECT *, lead(ts) OVER "
        "(PARTITION BY k "
        "ORDER BY n) AS until FROM {}) AS s WHERE p",
        to_sql(plan.target), fmt::join(targets, ", "), staged_list(plan.data_count()), staged_states(plan));
}

std::string time_literal(const TablePlan& plan, PgTime time) {
    const char* type = plan.kind == WarehouseKind::DuckDb ? "TIMESTAMPTZ" : "timestamptz";
    return fmt::format("{} '{}'", type, timestamp_text(time));
}

}  // namespace walferry
