#include "apply/refusal/later_log_rows.h"

#include <fmt/format.h>

#include "apply/load_row.h"
#include "apply/staging_table.h"

namespace walferry {

namespace {

/// n, the key as b0 … bk, and the position as l and s.
StagingTable staging_of(const TablePlan& plan) {
    constexpr std::size_t lsn_place = 1, seq_place = 2;  // see TablePlan
    std::vector<TargetColumn> columns{staging_column(plan, "n", "integer", Encoding::Int4)};
    add_staged_columns(columns, plan, plan.key_count, 'b');
    columns.push_back(plan.own_column(lsn_place));
    columns.back().name = "l";
    columns.push_back(plan.own_column(seq_place));
    columns.back().name = "q";
    return staging_table(plan, "hollow", std::move(columns));
}

Status load(WarehouseSession& session, const TablePlan& plan, const StagingTable& staging,
            const KeyPositions& keys) {
    WALFERRY_TRY(loader, session.load(staging.name, staging.columns, plan.format));
    LoadRow row(plan.format);
    std::int32_t number = 0;
    for (const auto& [key, position] : keys) {
        row.clear();
        row.int4(number++);
        row.fields(key);
        row.lsn(position.commit_lsn);
        row.int8(static_cast<std::int64_t>(position.ordinal));
        WALFERRY_TRYV(loader->append(row.view()));
    }
    return loader->finish();
}

}  // namespace

Result<std::vector<std::string>> keys_with_later_rows(WarehouseSession& session, const TablePlan& plan,
                                                      const KeyPositions& keys) {
    std::vector<std::string> found;
    if (keys.empty()) return found;
    const StagingTable staging = staging_of(plan);
    WALFERRY_TRYV(session.execute(create_staging_sql(plan, {staging})));
    WALFERRY_TRYV(load(session, plan, staging, keys));
    WALFERRY_TRY(rows, session.query(fmt::format(
                           "SELECT n FROM {} AS s WHERE EXISTS (SELECT 1 FROM {} AS t WHERE {} AND t._seq IS "
                           "NOT NULL AND t._lsn >= s.l AND (t._lsn > s.l OR t._seq > s.q)) ORDER BY n",
                           to_sql(staging.name), to_sql(plan.target), key_match(plan, 'b'))));
    WALFERRY_TRYV(session.execute("DROP TABLE " + to_sql(staging.name)));
    auto key = keys.begin();
    std::int32_t number = 0;
    for (const auto& row : rows.rows) {
        const std::int32_t wanted = std::stoi(row[0].value_or("0"));
        for (; number < wanted; ++number) ++key;
        found.push_back(key->first);
    }
    return found;
}

}  // namespace walferry
