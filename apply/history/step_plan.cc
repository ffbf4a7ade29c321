#include "apply/history/step_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apply/history/history_plan.h"
#include "model/quote.h"
#include "warehouse/lsn_literal.h"

namespace walferry {

namespace {

std::string staged(const TablePlan& plan) {
    return to_sql(staging_name(plan, "states"));
}

std::string ended(const TablePlan& plan) {
    return to_sql(staging_name(plan, "ended"));
}

std::string own(const TablePlan& plan, std::size_t place) {
    return quote_identifier(plan.own_column(place).name);
}

std::string keys(const TablePlan& plan, const std::string& prefix) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < plan.key_count; ++i) {
        names.push_back(prefix == "t." ? prefix + target_column(plan, i) : fmt::format("{}c{}", prefix, i));
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string staged_match(const TablePlan& plan) {
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < plan.key_count; ++i) terms.push_back(fmt::format("e.c{0} = s.c{0}", i));
    return fmt::format("{}", fmt::join(terms, " AND "));
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
    return fmt::format("INSERT INTO {} SELECT {} FROM {} AS t WHERE t.{}", ended(plan), keys(plan, "t."),
                       to_sql(plan.target), own(plan, history_place::is_current));
}

std::string note_ended_sql(const TablePlan& plan, Lsn transaction) {
    return fmt::format(
        "INSERT INTO {0} SELECT {1} FROM {2} AS t JOIN (SELECT DISTINCT ON (k) lsn, {3} FROM {4} WHERE e "
        "ORDER BY k, "
        "n) AS s ON {5} WHERE t.{6} AND s.lsn = {7}",
        ended(plan), keys(plan, "t."), to_sql(plan.target), keys(plan, ""), staged(plan),
        key_match(plan, 'c'), own(plan, history_place::is_current), lsn_literal(plan.kind, transaction));
}

std::string note_ended_staged_sql(const TablePlan& plan, Lsn transaction) {
    return fmt::format(
        "INSERT INTO {0} SELECT {1} FROM (SELECT *, lag(p) OVER (PARTITION BY k ORDER BY n) AS was FROM {2}) "
        "AS s "
        "WHERE s.was AND s.lsn = {3}",
        ended(plan), keys(plan, "s."), staged(plan), lsn_literal(plan.kind, transaction));
}

std::string remove_opened_sql(const TablePlan& plan, Lsn transaction) {
    return fmt::format("DELETE FROM {} AS t USING {} AS s WHERE s.x AND t.{} = {} AND {}",
                       to_sql(plan.target), staged(plan), lsn_name(plan), lsn_literal(plan.kind, transaction),
                       key_match(plan, 'c'));
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
        to_sql(plan.target), own(plan, history_place::valid_to), own(plan, history_place::is_current),
        fmt::join(named_keys, ", "), lsn_name(plan), keys(plan, "s."), staged(plan), ended(plan),
        staged_match(plan), key_match(plan, 'c'), keys(plan, "t."), fmt::join(same_key, " AND "));
}

std::string forget_ended_sql(const TablePlan& plan) {
    return fmt::format("DELETE FROM {} AS e USING {} AS s WHERE s.x AND {}", ended(plan), staged(plan),
                       staged_match(plan));
}

std::string remove_truncated_sql(const TablePlan& plan, Lsn transaction) {
    return fmt::format("DELETE FROM {} WHERE {} AND {} = {}", to_sql(plan.target),
                       own(plan, history_place::is_current), lsn_name(plan),
                       lsn_literal(plan.kind, transaction));
}

}  // namespace walferry
