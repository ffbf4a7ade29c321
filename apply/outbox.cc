#include "apply/outbox.h"

#include <nlohmann/json.hpp>

#include "model/utc_text.h"

namespace walferry {

void Outbox::note(const OutboxChange& change) {
    const auto [at, is_first] = changes_.try_emplace({change.source_table, change.target_table}, change);
    if (is_first) return;
    OutboxChange& sum = at->second;
    sum.counts.inserts += change.counts.inserts;
    sum.counts.updates += change.counts.updates;
    sum.counts.deletes += change.counts.deletes;
    sum.counts.truncates += change.counts.truncates;
    sum.commit_lsn = change.commit_lsn;
    sum.last_commit_time = change.last_commit_time;
}

Status Outbox::write(WarehouseSession& session, Lsn position) {
    if (notices_.empty() && changes_.empty()) return success();
    if (shared_) {
        WALFERRY_TRYV(lock_ids(session, store_.control()));
        last_id_.reset();
    }
    if (!last_id_) {
        WALFERRY_TRY(last, store_.last_id(session));
        last_id_ = last;
    }
    std::vector<OutboxRow> rows;
    for (const OutboxNotice& notice : notices_) {
        rows.push_back({++*last_id_,
                        {},
                        0,
                        notice.kind,
                        notice.source_table,
                        notice.target_table,
                        position,
                        notice.payload});
    }
    for (const auto& [tables, change] : changes_) {
        rows.push_back({++*last_id_,
                        {},
                        0,
                        "batch",
                        change.source_table,
                        change.target_table,
                        change.commit_lsn,
                        batch_payload(change)});
    }
    WALFERRY_TRYV(store_.append(session, rows));
    notices_.clear();
    changes_.clear();
    return success();
}

std::string batch_payload(const OutboxChange& change) {
    nlohmann::ordered_json payload;
    payload["counts"]["c"] = change.counts.inserts;
    payload["counts"]["u"] = change.counts.updates;
    payload["counts"]["d"] = change.counts.deletes;
    payload["counts"]["t"] = change.counts.truncates;
    payload["first_commit_ts"] = utc_text(change.first_commit_time);
    payload["last_commit_ts"] = utc_text(change.last_commit_time);
    return payload.dump();
}

OutboxNotice copied_notice(std::string source_table, std::string target_table, std::uint64_t rows) {
    return {"copied", std::move(source_table), std::move(target_table),
            nlohmann::ordered_json{{"rows", rows}}.dump()};
}

OutboxNotice resynced_notice(std::string source_table, std::string target_table, std::uint64_t rows,
                             std::uint64_t changed) {
    return {"resynced", std::move(source_table), std::move(target_table),
            nlohmann::ordered_json{{"rows", rows}, {"changed", changed}}.dump()};
}

OutboxNotice schema_changed_notice(std::string source_table, std::string target_table, std::string change) {
    return {"schema_changed", std::move(source_table), std::move(target_table), std::move(change)};
}

}  // namespace walferry
