#include "pipeline/verify/repair_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "apply/history/history_plan.h"
#include "apply/history/latest_plan.h"
#include "apply/load_row.h"
#include "apply/row_exchange.h"
#include "apply/staging_table.h"
#include "checkpoint/checkpoint_store.h"
#include "dlq/dead_letter_store.h"
#include "model/quote.h"
#include "warehouse/lsn_literal.h"
#include "warehouse/pg_time_sql.h"

namespace walferry {
namespace {

constexpr const char* rows_purpose = "repair";
constexpr const char* keys_purpose = "repair_keys";
/// The place of a key among the rows.
constexpr const char* number_column = "walferry_n";

/// The plan's first `count` columns under the target's names.
std::vector<TargetColumn> named_columns(const TablePlan& plan, std::size_t count) {
    std::vector<TargetColumn> columns(plan.columns.begin(),
                                      plan.columns.begin() + static_cast<std::ptrdiff_t>(count));
    for (TargetColumn& column : columns) column.not_null = false;
    return columns;
}

std::string create_sql(const TablePlan& plan, const StagingTable& table) {
    std::vector<std::string> declared;
    for (const TargetColumn& column : table.columns)
        declared.push_back(quote_identifier(column.name) + " " + column.sql_type);
    return fmt::format("CREATE {}TEMP TABLE {} ({})", plan.kind == WarehouseKind::DuckDb ? "OR REPLACE " : "",
                       quote_identifier(table.name.table), fmt::join(declared, ", "));
}

}  // namespace

std::string RepairWriter::staged(const char* purpose) const {
    return to_sql(staging_name(plan_, purpose));
}

std::string RepairWriter::same_key(const char* left, const char* right) const {
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < plan_.key_count; ++i)
        terms.push_back(fmt::format("{1}.{0} = {2}.{0}", target_column(plan_, i), left, right));
    return fmt::format("{}", fmt::join(terms, " AND "));
}

/// The rows that there are, and the keys of all.
Status RepairWriter::stage(WarehouseSession& session, std::span<const RepairRow> rows) const {
    const StagingTable data = staging_table(plan_, rows_purpose, named_columns(plan_, plan_.data_count()));
    std::vector<TargetColumn> key_columns = named_columns(plan_, plan_.key_count);
    key_columns.push_back(staging_column(plan_, number_column, "BIGINT", Encoding::Int8));
    const StagingTable keys = staging_table(plan_, keys_purpose, std::move(key_columns));
    WALFERRY_TRYV(session.execute(create_sql(plan_, data)));
    WALFERRY_TRYV(session.execute(create_sql(plan_, keys)));
    WALFERRY_TRY(data_loader, session.load(data.name, data.columns, plan_.format));
    for (const RepairRow& row : rows) {
        if (row.fields.empty()) continue;
        WALFERRY_TRYV(data_loader->append(row.fields));
    }
    WALFERRY_TRYV(data_loader->finish());
    data_loader.reset();
    WALFERRY_TRY(key_loader, session.load(keys.name, keys.columns, plan_.format));
    LoadRow key(plan_.format);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        key.clear();
        key.fields(rows[i].key);
        key.int8(static_cast<std::int64_t>(i));
        WALFERRY_TRYV(key_loader->append(key.view()));
    }
    WALFERRY_TRYV(key_loader->finish());
    if (plan_.kind == WarehouseKind::DuckDb) return success();
    return session.execute(fmt::format("ANALYZE {}; ANALYZE {}", to_sql(data.name), to_sql(keys.name)));
}

/// A history never goes back in time: neither behind the newest commit that the target has, nor behind what
/// it says of one of the keys.
Result<std::set<std::size_t>> RepairWriter::settle_time(WarehouseSession& session, std::size_t rows,
                                                        RepairMoment& moment) const {
    std::set<std::size_t> late;
    WALFERRY_TRY(checkpoint, CheckpointStore(control_).read(session));
    if (checkpoint) moment.time = std::max(moment.time, checkpoint->latest_commit_time);
    const std::string from = "t." + history_column(plan_, history_place::valid_from);
    WALFERRY_TRY(
        found, session.query(fmt::format(
                   "SELECT k.{}, {} FROM {} AS k JOIN {} AS t ON {} WHERE t.{} AND isfinite({}) AND {} >= {}",
                   number_column, microseconds_sql(plan_.kind, from), staged(keys_purpose),
                   to_sql(plan_.target), same_key("t", "k"), history_column(plan_, history_place::is_current),
                   from, from, time_literal(plan_, moment.time))));
    for (const auto& row : found.rows) {
        if (rows == 1) moment.time = std::strtoll(row.at(1).value_or("0").c_str(), nullptr, 10) + 1;
        if (rows > 1) late.insert(std::strtoull(row.at(0).value_or("0").c_str(), nullptr, 10));
    }
    if (late.empty()) return late;
    WALFERRY_TRYV(session.execute(fmt::format("DELETE FROM {} WHERE {} IN ({})", staged(keys_purpose),
                                              number_column, fmt::join(late, ", "))));
    return late;
}

Status RepairWriter::supersede(WarehouseSession& session, std::span<const RepairRow> rows,
                               Lsn position) const {
    const DeadLetterStore letters(control_);
    WALFERRY_TRY(exists, letters.exists(session));
    if (!exists) return success();
    std::vector<std::string> keys;
    for (const RepairRow& row : rows) keys.push_back(row.letter_key);
    WALFERRY_TRYV(letters.supersede(session, to_string(plan_.target), keys, SequenceKey{position, 0}));
    return success();
}

std::vector<std::string> RepairWriter::history_statements(const RepairMoment& moment) const {
    const TargetName rows = staging_name(plan_, rows_purpose);
    std::vector<std::string> all =
        merge_history_sql(plan_, to_sql(rows), staged(keys_purpose), moment.time, moment.position);
    if (!plan_.keeps_latest()) return all;
    std::vector<std::string> same;
    for (std::size_t i = 0; i < plan_.key_count; ++i)
        same.push_back(fmt::format("l.c{} = k.{}", i, target_column(plan_, i)));
    all.push_back(fmt::format("DELETE FROM {} AS l USING {} AS k WHERE {}", to_sql(plan_.latest),
                              staged(keys_purpose), fmt::join(same, " AND ")));
    all.push_back(keep_copied_sql(plan_, rows, moment.position).back());
    return all;
}

/// Rows that the source has no more end in the log with a `d`, numbered so that they can be told apart.
std::string RepairWriter::log_deletes_sql(const RepairMoment& moment) const {
    std::vector<std::string> columns, values;
    for (std::size_t i = 0; i < plan_.key_count; ++i) {
        columns.push_back(target_column(plan_, i));
        values.push_back("k." + columns.back());
    }
    const std::string own[] = {"'d'", lsn_literal(plan_.kind, moment.position),
                               fmt::format("k.{}", number_column), time_literal(plan_, moment.time)};
    for (std::size_t i = 0; i < std::size(own); ++i) {
        columns.push_back(target_column(plan_, plan_.data_count() + i));
        values.push_back(own[i]);
    }
    return fmt::format(
        "INSERT INTO {} ({}) SELECT {} FROM {} AS k WHERE NOT EXISTS (SELECT 1 FROM {} AS s "
        "WHERE {})",
        to_sql(plan_.target), fmt::join(columns, ", "), fmt::join(values, ", "), staged(keys_purpose),
        staged(rows_purpose), same_key("s", "k"));
}

std::vector<std::string> RepairWriter::statements(const RepairMoment& moment) const {
    const std::string rows = staged(rows_purpose), keys = staged(keys_purpose);
    if (plan_.mode == TableMode::Upsert) return exchange_rows_sql(plan_, rows, keys, moment.position);
    if (plan_.mode == TableMode::Scd2) return history_statements(moment);
    std::vector<std::string> all = add_log_rows_sql(plan_, rows, keys, moment.time, moment.position);
    all.push_back(log_deletes_sql(moment));
    return all;
}

Result<std::set<std::size_t>> RepairWriter::write(WarehouseSession& session, std::span<const RepairRow> rows,
                                                  RepairMoment moment) const {
    std::set<std::size_t> late;
    WALFERRY_TRYV(stage(session, rows));
    if (plan_.mode == TableMode::Scd2) {
        WALFERRY_TRY(later, settle_time(session, rows.size(), moment));
        late = std::move(later);
    }
    for (const std::string& sql : statements(moment)) {
        WALFERRY_TRYV(session.execute(sql));
    }
    if (plan_.mode == TableMode::Upsert) {
        WALFERRY_TRYV(supersede(session, rows, moment.position));
    }
    for (const char* purpose : {rows_purpose, keys_purpose}) {
        WALFERRY_TRYV(session.execute("DROP TABLE " + staged(purpose)));
    }
    return late;
}

}  // namespace walferry
