#include "checkpoint/outbox_store.h"

#include <fmt/format.h>

#include "model/quote.h"
#include "model/utc_text.h"

namespace walferry {

Result<std::int64_t> OutboxStore::last_id(WarehouseSession& session) const {
    WALFERRY_TRY(found, session.query(fmt::format("SELECT max(id) FROM {} WHERE pipeline = {}",
                                                  control_.sql("outbox"), control_.pipeline_literal())));
    return std::int64_t{std::stoll(found.rows.at(0).at(0).value_or("0"))};
}

Status OutboxStore::append(WarehouseSession& session, std::span<const OutboxRow> rows) const {
    if (rows.empty()) return success();
    std::string values;
    for (const OutboxRow& row : rows) {
        values += fmt::format("{}({}, {}, now(), {}, {}, {}, {}, {})", values.empty() ? "" : ", ", row.id,
                              control_.pipeline_literal(), quote_literal(row.kind),
                              quote_literal(row.source_table), quote_literal(row.target_table),
                              control_.lsn_literal(row.commit_lsn), quote_literal(row.payload));
    }
    return session.execute(
        fmt::format("INSERT INTO {} (id, pipeline, created_at, kind, source_table, target_table, commit_lsn, "
                    "payload) VALUES {}",
                    control_.sql("outbox"), values));
}

std::string OutboxStore::unpublished_where(std::int64_t after) const {
    return fmt::format("FROM {} WHERE pipeline = {} AND id > {} AND published_at IS NULL",
                       control_.sql("outbox"), control_.pipeline_literal(), after);
}

Result<std::vector<OutboxRow>> OutboxStore::unpublished(WarehouseSession& session, std::int64_t after,
                                                        std::uint64_t rows_max) const {
    const char* created_at = control_.kind == WarehouseKind::DuckDb
                                 ? "epoch_us(created_at)"
                                 : "(extract(epoch FROM created_at) * 1000000)::bigint";
    WALFERRY_TRY(found, session.query(fmt::format(
                            "SELECT id, {}, kind, source_table, target_table, commit_lsn, payload::text {} "
                            "ORDER BY id LIMIT {}",
                            created_at, unpublished_where(after), rows_max)));
    std::vector<OutboxRow> rows;
    for (const auto& values : found.rows) {
        OutboxRow row;
        row.id = std::stoll(values[0].value_or("0"));
        row.pipeline = control_.pipeline;
        row.created_at = from_unix_microseconds(std::stoll(values[1].value_or("0")));
        row.kind = values[2].value_or("");
        row.source_table = values[3].value_or("");
        row.target_table = values[4].value_or("");
        row.commit_lsn = control_.read_lsn(values[5]);
        row.payload = values[6].value_or("null");
        rows.push_back(std::move(row));
    }
    return rows;
}

Result<OutboxStore::Backlog> OutboxStore::backlog(WarehouseSession& session, std::int64_t after) const {
    WALFERRY_TRY(found, session.query("SELECT count(*), min(id) " + unpublished_where(after)));
    const auto& values = found.rows.at(0);
    return Backlog{std::stoull(values[0].value_or("0")), std::stoll(values[1].value_or("0"))};
}

Status OutboxStore::mark_published(WarehouseSession& session, std::int64_t up_to) const {
    return session.execute(fmt::format(
        "UPDATE {} SET published_at = now() WHERE pipeline = {} AND id <= {} AND published_at IS NULL",
        control_.sql("outbox"), control_.pipeline_literal(), up_to));
}

Result<std::uint64_t> OutboxStore::prune(WarehouseSession& session, std::chrono::milliseconds retention,
                                         std::uint64_t rows_max) const {
    const std::string rows =
        fmt::format("FROM {} WHERE pipeline = {}", control_.sql("outbox"), control_.pipeline_literal());
    // By ranges of ids: rows are published in their order, so nothing behind the first range is older.
    return session.modify(fmt::format(
        "DELETE {0} AND published_at < now() - INTERVAL '{1} milliseconds' AND id < (SELECT min(id) {0}) + "
        "{2} AND id < (SELECT max(id) {0})",
        rows, retention.count(), rows_max));
}

}  // namespace walferry
