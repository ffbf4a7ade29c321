#include "apply/shadow_writer.h"

#include "apply/load_row.h"
#include "apply/refusal/batch_look.h"

namespace walferry {

namespace {

constexpr std::uint64_t changes_max = 20'000;

}  // namespace

ShadowWriter::ShadowWriter(WarehouseSession& session, WarehouseKind kind, const ControlSchema& control,
                           DeadLetterOffice& office, PgTime latest_commit_time)
    : session_(session),
      kind_(kind),
      writer_(session, kind, latest_commit_time),
      book_(office),
      careful_(session, kind, writer_, book_, office, nullptr),
      pending_(control) {}

Result<PendingChanges::Drained> ShadowWriter::drain(const std::shared_ptr<Table>& shadow, bool careful) {
    if (!book_.knows(*shadow)) {
        WALFERRY_TRYV(book_.load(session_, *shadow));
    }
    const auto write = [&](TableBatch& batch) -> Status {
        if (!careful && batch.folded() && !touches_hollow(batch, book_))
            return writer_.write(batch, {}, pg_time_now());
        WALFERRY_TRY(written, careful_.write(batch, shadow, {}, pg_time_now(), false));
        static_cast<void>(written);
        return success();
    };
    WALFERRY_TRY(drained, pending_.drain(session_, shadow, changes_max, write));
    WALFERRY_TRYV(book_.write(session_));
    return drained;
}

Status ShadowWriter::find_refused(const std::shared_ptr<Table>& shadow) {
    if (kind_ != WarehouseKind::DuckDb) return success();
    const auto look = [&](TableBatch& batch) -> Status {
        session_.rollback();
        WALFERRY_TRYV(careful_.find_refused(batch, shadow, pg_time_now()));
        return session_.begin();
    };
    WALFERRY_TRYV(session_.begin());
    const auto drained = pending_.drain(session_, shadow, changes_max, look);
    session_.rollback();
    pending_.rolled_back();
    return drained ? Status{success()} : Status{drained.error()};
}

void ShadowWriter::committed() {
    writer_.transaction_ended();
    careful_.transaction_ended();
    book_.committed();
}

void ShadowWriter::rolled_back() {
    writer_.transaction_ended();
    book_.back_to({});
    pending_.rolled_back();
}

}  // namespace walferry
