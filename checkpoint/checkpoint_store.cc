#include "checkpoint/checkpoint_store.h"

#include <fmt/format.h>

#include "model/quote.h"

namespace walferry {

Result<std::optional<Checkpoint>> CheckpointStore::read(WarehouseSession& session) const {
    WALFERRY_TRY(found,
                 session.query(fmt::format("SELECT lsn, system_identifier, timeline, slot, epoch, "
                                           "made_publication, latest_commit_time FROM {} WHERE pipeline = {}",
                                           control_.sql("checkpoint"), control_.pipeline_literal())));
    if (found.rows.empty()) return std::optional<Checkpoint>{};
    if (found.rows.size() > 1) {
        return Error{ErrorKind::Refused,
                     fmt::format("{} has {} rows for pipeline {}", control_.sql("checkpoint"),
                                 found.rows.size(), control_.pipeline),
                     "delete the rows that are not the pipeline's, or start over with `walferry drop`", ""};
    }
    const auto& row = found.rows[0];
    Checkpoint checkpoint;
    checkpoint.position = control_.read_lsn(row[0]);
    checkpoint.system_identifier = std::stoull(row[1].value_or("0"));
    checkpoint.timeline = static_cast<std::uint32_t>(std::stoul(row[2].value_or("0")));
    checkpoint.slot = row[3].value_or("");
    checkpoint.epoch = std::stoull(row[4].value_or("0"));
    checkpoint.made_publication = row[5].value_or("f").starts_with('t');
    checkpoint.latest_commit_time = std::stoll(row[6].value_or("0"));
    return std::optional<Checkpoint>{checkpoint};
}

Status CheckpointStore::create(WarehouseSession& session, const Checkpoint& first) const {
    return session.execute(fmt::format(
        "INSERT INTO {} (pipeline, lsn, system_identifier, timeline, slot, made_publication, "
        "epoch, latest_commit_time, updated_at) "
        "VALUES ({}, {}, '{}', {}, {}, {}, {}, {}, now())",
        control_.sql("checkpoint"), control_.pipeline_literal(), control_.lsn_literal(first.position),
        first.system_identifier, first.timeline, quote_literal(first.slot), first.made_publication,
        first.epoch, first.latest_commit_time));
}

Result<Checkpoint> CheckpointStore::take_over(WarehouseSession& session) const {
    WALFERRY_TRYV(session.begin());
    auto raised =
        session.modify(fmt::format("UPDATE {} SET epoch = epoch + 1, updated_at = now() WHERE pipeline = {}",
                                   control_.sql("checkpoint"), control_.pipeline_literal()));
    auto row = raised ? read(session) : Result<std::optional<Checkpoint>>{raised.error()};
    if (!row || !row.value()) {
        session.rollback();
        if (!row) return row.error();
        return Error{
            ErrorKind::Refused, "the checkpoint row is gone",
            "something removed it while walferry ran; see `walferry status`, then `walferry run` again", ""};
    }
    WALFERRY_TRYV(session.commit());
    return *row.value();
}

Status CheckpointStore::save(WarehouseSession& session, Lsn position, std::uint64_t epoch,
                             std::int64_t commit_time) const {
    WALFERRY_TRY(rows, session.modify(fmt::format(
                           "UPDATE {} SET lsn = {}, latest_commit_time = greatest(latest_commit_time, "
                           "{}), updated_at = now() WHERE pipeline = {} AND epoch = {} AND lsn <= {}",
                           control_.sql("checkpoint"), control_.lsn_literal(position), commit_time,
                           control_.pipeline_literal(), epoch, control_.lsn_literal(position))));
    if (rows == 1) return success();
    return explain_refusal(session, position, epoch);
}

Status CheckpointStore::hold(WarehouseSession& session, std::uint64_t epoch) const {
    const char* lock = control_.kind == WarehouseKind::Postgres ? " FOR SHARE" : "";
    WALFERRY_TRY(found, session.query(fmt::format("SELECT 1 FROM {} WHERE pipeline = {} AND epoch = {}{}",
                                                  control_.sql("checkpoint"), control_.pipeline_literal(),
                                                  epoch, lock)));
    if (!found.rows.empty()) return success();
    return explain_refusal(session, Lsn{~0ull}, epoch);
}

Status CheckpointStore::save_timeline(WarehouseSession& session, std::uint32_t timeline,
                                      std::uint64_t epoch) const {
    WALFERRY_TRY(rows, session.modify(fmt::format(
                           "UPDATE {} SET timeline = {} WHERE pipeline = {} AND epoch = {}",
                           control_.sql("checkpoint"), timeline, control_.pipeline_literal(), epoch)));
    if (rows == 1) return success();
    return explain_refusal(session, Lsn{~0ull}, epoch);
}

Status CheckpointStore::explain_refusal(WarehouseSession& session, Lsn position, std::uint64_t epoch) const {
    WALFERRY_TRY(row, read(session));
    if (!row) {
        return Error{ErrorKind::Refused, "the checkpoint row is gone",
                     "start over with `walferry drop` and `walferry run`", ""};
    }
    if (row->epoch != epoch) {
        return Error{ErrorKind::Fenced,
                     fmt::format("another walferry has taken pipeline {} over (epoch {}, mine was {}); this "
                                 "one must not write",
                                 control_.pipeline, row->epoch, epoch),
                     "stop one of the two; `walferry status` shows the one that runs", ""};
    }
    return Error{ErrorKind::Internal,
                 fmt::format("the checkpoint would go back from {} to {}", to_string(row->position),
                             to_string(position)),
                 "", ""};
}

}  // namespace walferry
