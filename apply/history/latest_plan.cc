#include "apply/history/latest_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apply/history/history_plan.h"
#include "model/quote.h"
#include "warehouse/lsn_literal.h"

namespace walferry {

namespace {

/// The key of latest row l is that in the columns `letter` of staged row s.
std::string match(const TablePlan& plan, char letter) {
    return staged_match(plan, "l.c", fmt::format("s.{}", letter));
}

}  // namespace

std::string create_latest_sql(const TablePlan& plan) {
    std::vector<TargetColumn> data;
    add_staged_columns(data, plan, plan.data_count(), 'c');
    std::vector<std::string> declared, keys;
    for (const TargetColumn& column : data) declared.push_back(column.name + " " + column.sql_type);
    for (std::size_t i = 0; i < plan.key_count; ++i) keys.push_back(data[i].name);
    if (plan.kind == WarehouseKind::Postgres)
        declared.push_back(fmt::format("PRIMARY KEY ({})", fmt::join(keys, ", ")));
    return fmt::format("CREATE TABLE IF NOT EXISTS {} ({})", to_sql(plan.latest), fmt::join(declared, ", "));
}

std::string fill_from_latest_sql(const TablePlan& plan, int group,
                                 const std::vector<std::size_t>& unchanged) {
    std::vector<std::string> terms;
    for (const std::size_t i : unchanged) terms.push_back(fmt::format("c{0} = l.c{0}", i));
    return fmt::format("UPDATE {} AS s SET {} FROM {} AS l WHERE s.g = {} AND {}", staged_states(plan),
                       fmt::join(terms, ", "), to_sql(plan.latest), group, match(plan, 'b'));
}

std::string forget_latest_sql(const TablePlan& plan) {
    return fmt::format("DELETE FROM {} AS l USING {} AS s WHERE s.z AND {}", to_sql(plan.latest),
                       staged_states(plan), match(plan, 'c'));
}

std::string keep_latest_sql(const TablePlan& plan) {
    return fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} AS s WHERE s.z AND s.p", to_sql(plan.latest),
                       staged_list(plan.data_count()), staged_list(plan.data_count(), "s.c"),
                       staged_states(plan));
}

std::string drop_staged_sql(const TablePlan& plan) {
    return fmt::format("DELETE FROM {} WHERE d", staged_states(plan));
}

std::string forget_truncated_sql(const TablePlan& plan) {
    return fmt::format("DELETE FROM {} AS l WHERE NOT EXISTS (SELECT 1 FROM {} AS s WHERE {})",
                       to_sql(plan.latest), staged_states(plan), match(plan, 'c'));
}

std::vector<std::string> keep_copied_sql(const TablePlan& plan, const TargetName& beside, Lsn copied) {
    std::vector<std::string> names, keys;
    for (std::size_t i = 0; i < plan.data_count(); ++i) names.push_back("s." + target_column(plan, i));
    for (std::size_t i = 0; i < plan.key_count; ++i)
        keys.push_back(fmt::format("t.{0} = s.{0}", target_column(plan, i)));
    return {
        "DELETE FROM " + to_sql(plan.latest),
        fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} AS s JOIN {} AS t ON {} WHERE t.{} AND t.{} <> {}",
                    to_sql(plan.latest), staged_list(plan.data_count()), fmt::join(names, ", "),
                    to_sql(beside), to_sql(plan.target), fmt::join(keys, " AND "),
                    history_column(plan, history_place::is_current),
                    quote_identifier(plan.columns.back().name), lsn_literal(plan.kind, copied))};
}

}  // namespace walferry
