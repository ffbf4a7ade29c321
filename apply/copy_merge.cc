#include "apply/copy_merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apply/history/history_plan.h"
#include "apply/same_value.h"
#include "model/quote.h"

namespace walferry {

namespace {

std::vector<std::string> merge_history(const TablePlan& plan, const std::string& beside, PgTime time) {
    const auto own = [&](std::size_t place) { return quote_identifier(plan.own_column(place).name); };
    const std::string from = own(history_place::valid_from), to = own(history_place::valid_to);
    const std::string current = own(history_place::is_current);
    const std::string target = to_sql(plan.target), moment = time_literal(plan, time);
    SameRow same(plan.kind);
    std::vector<std::string> match, columns, values;
    for (std::size_t i = 0; i < plan.key_count; ++i)
        match.push_back(fmt::format("t.{0} = s.{0}", target_column(plan, i)));
    for (const std::size_t i : plan.tracked)
        same.add(plan.columns[i].sql_type, "t." + target_column(plan, i), "s." + target_column(plan, i));
    for (std::size_t i = 0; i < plan.columns.size(); ++i) {
        columns.push_back(target_column(plan, i));
        values.push_back(columns.back() == from ? moment : "s." + columns.back());
    }
    return {
        fmt::format("UPDATE {0} AS t SET {1} = greatest({2}, t.{3}), {4} = false WHERE t.{4} AND NOT EXISTS "
                    "(SELECT 1 FROM {5} AS s WHERE {6} AND {7})",
                    target, to, moment, from, current, beside, fmt::join(match, " AND "), same.sql()),
        fmt::format("INSERT INTO {0} ({1}) SELECT {2} FROM {3} AS s WHERE NOT EXISTS (SELECT 1 FROM {0} AS t "
                    "WHERE t.{4} AND {5})",
                    target, fmt::join(columns, ", "), fmt::join(values, ", "), beside, current,
                    fmt::join(match, " AND "))};
}

std::vector<std::string> merge_log(const TablePlan& plan, const std::string& beside) {
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) columns.push_back(target_column(plan, i));
    return {fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}", to_sql(plan.target),
                        fmt::join(columns, ", "), beside)};
}

}  // namespace

bool copy_can_merge(const TablePlan& plan) {
    return plan.mode != TableMode::Upsert;
}

TargetName copy_beside(const TablePlan& plan, const ControlSchema& control) {
    return control.side_table("copy", plan.source.id, plan.number);
}

std::string create_copy_beside_sql(const TablePlan& plan, const ControlSchema& control) {
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < plan.columns.size(); ++i)
        columns.push_back(target_column(plan, i) + " " + plan.columns[i].sql_type);
    return fmt::format("{}; CREATE TABLE {} ({})", drop_copy_beside_sql(plan, control),
                       to_sql(copy_beside(plan, control)), fmt::join(columns, ", "));
}

std::string drop_copy_beside_sql(const TablePlan& plan, const ControlSchema& control) {
    return "DROP TABLE IF EXISTS " + to_sql(copy_beside(plan, control));
}

std::vector<std::string> merge_copy_sql(const TablePlan& plan, const ControlSchema& control, PgTime time) {
    const std::string beside = to_sql(copy_beside(plan, control));
    return plan.mode == TableMode::Scd2 ? merge_history(plan, beside, time) : merge_log(plan, beside);
}

}  // namespace walferry
