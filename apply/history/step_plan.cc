#include "apply/history/step_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apply/history/history_plan.h"
#include "model/quote.h"
#include "warehouse/lsn_literal.h"

namespace walferry {

namespace {

std::string ended(const TablePlan& plan) {
    return to_sql(staging_name(plan, "ended"));
}

/// The key's columns of target row t.
std::string target_keys(const TablePlan& plan) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < plan.key_count; ++i) names.push_back("t." + target_column(plan, i));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string lsn_name(const TablePlan& plan) {
    return quote_identifier(plan.columns.back().name);
}

}  // namespace

StagingTable ended_staging(const TablePlan& plan) {
    std::vector<TargetColumn> columns;
    add_staged_columns(columns, plan, plan.key_count, 'c');
    return staging_table(plan, "ended", std::move(columns));
}

std::string note_truncated_sql(const TablePlan& plan) {
    return fmt::format("INSERT INTO {} SELECT {} FROM {} AS t WHERE t.{}", ended(plan), target_keys(plan),
                       to_sql(plan.target), history_column(plan, history_place::is_current));
}

std::string note_ended_sql(const TablePlan& plan, Lsn transaction) {
    return fmt::format(
        "INSERT INTO {0} SELECT {1} FROM {2} AS t JOIN (SELECT DISTINCT ON (k) lsn, {3} FROM {4} WHERE e "
        "ORDER BY k, "
        "n) AS s ON {5} WHERE t.{6} AND s.lsn = {7}",
        ended(plan), target_keys(plan), to_sql(plan.target), staged_list(plan.key_count), staged_states(plan),
        key_match(plan, 'c'), history_column(plan, history_place::is_current),
        lsn_literal(plan.kind, transaction));
}

std::string note_ended_staged_sql(const TablePlan& plan, Lsn transaction) {
    return fmt::format(
        "INSERT INTO {0} SELECT {1} FROM (SELECT *, lag(p) OVER (PARTITION BY k ORDER BY n) AS was FROM {2}) "
        "AS s "
        "WHERE s.was AND s.lsn = {3}",
        ended(plan), staged_list(plan.key_count, "s.c"), staged_states(plan),
        lsn_literal(plan.kind, transaction));
}

std::string remove_opened_sql(const TablePlan& plan, Lsn transaction) {
    return fmt::format("DELETE FROM {} AS t USING {} AS s WHERE s.x AND t.{} = {} AND {}",
                       to_sql(plan.target), staged_states(plan), lsn_name(plan),
                       lsn_literal(plan.kind, transaction), key_match(plan, 'c'));
}

std::string reopen_ended_sql(const TablePlan& plan) {
    std::vector<std::string> same_key;
    for (std::size_t i = 0; i < plan.key_count; ++i)
        same_key.push_back(fmt::format("t.{} = l.c{}", target_column(plan, i), i));
    std::vector<std::string> named_keys;
    for (std::size_t i = 0; i < plan.key_count; ++i)
        named_keys.push_back(fmt::format("t.{} AS c{}", target_column(plan, i), i));
    return fmt::format(
        "UPDATE {0} AS t SET {1} = NULL, {2} = true FROM (SELECT {3}, max(t.{4}) AS lsn FROM {0} AS t JOIN "
        "(SELECT "
        "DISTINCT {5} FROM {6} AS s JOIN {7} AS e ON {8} WHERE s.x) AS s ON {9} GROUP BY {10}) AS l WHERE "
        "t.{4} = "
        "l.lsn AND {11}",
        to_sql(plan.target), history_column(plan, history_place::valid_to),
        history_column(plan, history_place::is_current), fmt::join(named_keys, ", "), lsn_name(plan),
        staged_list(plan.key_count, "s.c"), staged_states(plan), ended(plan),
        staged_match(plan, "e.c", "s.c"), key_match(plan, 'c'), target_keys(plan),
        fmt::join(same_key, " AND "));
}

std::string forget_ended_sql(const TablePlan& plan) {
    return fmt::format("DELETE FROM {} AS e USING {} AS s WHERE s.x AND {}", ended(plan), staged_states(plan),
                       staged_match(plan, "e.c", "s.c"));
}

std::string remove_truncated_sql(const TablePlan& plan, Lsn transaction) {
    return fmt::format("DELETE FROM {} WHERE {} AND {} = {}", to_sql(plan.target),
                       history_column(plan, history_place::is_current), lsn_name(plan),
                       lsn_literal(plan.kind, transaction));
}

}  // namespace walferry
