#include "pipeline/resync/target_exchange.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apply/history/latest_plan.h"
#include "apply/row_exchange.h"
#include "apply/staging_table.h"
#include "dlq/dead_letter_json.h"
#include "model/quote.h"

namespace walferry {

namespace {

constexpr std::size_t keys_a_statement = 500;

/// Row k of the table of keys has the key that a letter names; empty where it is none of the plan's.
Result<std::string> has_key(const TablePlan& plan, const std::string& json) {
    WALFERRY_TRY(values, parse_row_json(json));
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < plan.key_count; ++i) {
        const std::string& name = plan.source.columns[plan.source_index[i]].name;
        for (const auto& [column, value] : values) {
            if (column != name || !value) continue;
            const std::string literal = quote_literal(*value), key = "k." + target_column(plan, i);
            // What the warehouse can't read as a key is none of its rows'.
            terms.push_back(
                plan.kind == WarehouseKind::DuckDb
                    ? fmt::format("{} = TRY_CAST({} AS {})", key, literal, plan.columns[i].sql_type)
                    : fmt::format("{}::text = {}", key, literal));
        }
    }
    if (terms.size() != plan.key_count) return std::string();
    return fmt::format("({})", fmt::join(terms, " AND "));
}

}  // namespace

TargetExchange::TargetExchange(const TablePlan& target, const TargetName& shadow, const TargetName& keys)
    : target_(target), shadow_(shadow), keys_(keys) {}

std::vector<std::string> TargetExchange::compare_sql(const CopyMoment& moment) const {
    const std::string shadow = to_sql(shadow_);
    if (target_.mode == TableMode::Append)
        return add_log_rows_sql(target_, shadow, "", moment.snapshot_time, moment.snapshot_lsn);
    if (!by_key()) return {};
    const std::string compare =
        fmt::format("CREATE TABLE {} AS {}", to_sql(keys_), differing_keys_sql(target_, shadow));
    if (target_.kind == WarehouseKind::DuckDb) return {compare};
    // Both have an index in the key's order: to merge them takes half the time of a hash that is written out.
    return {"SET LOCAL enable_hashjoin = off", compare};
}

Result<std::uint64_t> TargetExchange::run(WarehouseSession& session, const CopyMoment& moment,
                                          const HollowKeys& hollow) const {
    if (target_.mode == TableMode::Append) return std::uint64_t{0};
    const std::string shadow = to_sql(shadow_), keys = by_key() ? to_sql(keys_) : "";
    std::uint64_t changed = 0;
    if (by_key()) {
        WALFERRY_TRYV(spare(session, hollow));
        WALFERRY_TRY(found, session.query("SELECT count(*) FROM " + keys));
        changed = std::stoull(found.rows.at(0).at(0).value_or("0"));
    }
    const bool is_history = target_.mode == TableMode::Scd2;
    if (changed > 0 || !by_key()) {
        for (const std::string& sql :
             is_history ? merge_history_sql(target_, shadow, keys, moment.snapshot_time, moment.snapshot_lsn)
                        : exchange_rows_sql(target_, shadow, keys, moment.snapshot_lsn)) {
            WALFERRY_TRY(rows, session.modify(sql));
            if (!by_key()) changed = rows;  // the last statement puts all of them in
        }
    }
    if (target_.keeps_latest()) {
        for (const std::string& sql : keep_copied_sql(target_, shadow_, moment.snapshot_lsn)) {
            WALFERRY_TRYV(session.execute(sql));
        }
    }
    return changed;
}

/// A row whose newest version is refused keeps the version that it has.
Status TargetExchange::spare(WarehouseSession& session, const HollowKeys& hollow) const {
    std::vector<std::string> conditions;
    const auto drop = [&]() -> Status {
        if (conditions.empty()) return success();
        std::vector<std::string> same;
        for (std::size_t i = 0; i < target_.key_count; ++i)
            same.push_back(fmt::format("s.{0} = k.{0}", target_column(target_, i)));
        WALFERRY_TRYV(session.execute(fmt::format(
            "DELETE FROM {} AS k WHERE ({}) AND NOT EXISTS (SELECT 1 FROM {} AS s WHERE {})", to_sql(keys_),
            fmt::join(conditions, " OR "), to_sql(shadow_), fmt::join(same, " AND "))));
        conditions.clear();
        return success();
    };
    for (const auto& [json, newest] : hollow) {
        WALFERRY_TRY(condition, has_key(target_, json));
        if (!condition.empty()) conditions.push_back(condition);
        if (conditions.size() < keys_a_statement) continue;
        WALFERRY_TRYV(drop());
    }
    return drop();
}

}  // namespace walferry
