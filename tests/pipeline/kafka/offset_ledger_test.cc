#include "pipeline/kafka/offset_ledger.h"

#include "tests/dlq/both_warehouses.h"
#include "tests/support/catch.h"

using namespace walferry;
using namespace walferry::testing;

namespace {

const KafkaPartition first{"t", 0}, second{"t", 1};
using LedgerOffsets = std::vector<PartitionOffset>;

/// A worker with both partitions, on a warehouse.
struct LedgerDesk {
    explicit LedgerDesk(WarehouseKind kind) : desk(kind) { take(ledger, {first, second}); }

    void take(OffsetLedger& into, const std::vector<KafkaPartition>& partitions) {
        LedgerOffsets wanted;
        for (const KafkaPartition& each : partitions) wanted.push_back({each, 0, 0});
        into.own(must(store.take_over(*desk.session, wanted)));
    }
    Status save(OffsetLedger& by, std::uint64_t position) {
        must(desk.session->begin());
        Status saved = by.save(*desk.session, Lsn{position}, 0);
        if (saved) saved = desk.session->commit();
        if (!saved) {
            desk.session->rollback();
        } else {
            by.committed(Lsn{position});
        }
        return saved;
    }
    /// Offsets in the warehouse.
    std::vector<std::int64_t> stored() {
        std::vector<std::int64_t> offsets;
        for (const PartitionOffset& each : must(store.read(*desk.session))) offsets.push_back(each.next);
        return offsets;
    }

    Desk desk;
    KafkaOffsetStore store{desk.control};
    OffsetLedger ledger{store};
};

using Stored = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a checkpoint has of each partition what was read by its position, and no more") {
    LedgerDesk stand(either());
    OffsetLedger& ledger = stand.ledger;
    ledger.note(Lsn{2}, first, 1);
    ledger.note(Lsn{3}, second, 5);
    ledger.note(Lsn{4}, first, 2);
    ledger.note(Lsn{4}, first, 3);
    must(stand.save(ledger, 1));
    CHECK(stand.stored() == Stored{0, 0});
    must(stand.save(ledger, 3));
    CHECK(stand.stored() == Stored{1, 5});
    must(stand.save(ledger, 3));  // nothing moved since
    must(stand.save(ledger, 10));
    CHECK(stand.stored() == Stored{3, 5});
    CHECK(ledger.saved() == LedgerOffsets{{first, 3, 1}, {second, 5, 1}});
}

TEST_CASE("what is read behind the last record of a partition is saved with the next position") {
    LedgerDesk stand(either());
    OffsetLedger& ledger = stand.ledger;
    ledger.note(Lsn{2}, first, 1);
    ledger.note(Lsn{3}, first, 9);   // aborted records, a marker
    ledger.note(Lsn{3}, second, 4);  // nothing but those
    must(stand.save(ledger, 2));
    CHECK(stand.stored() == Stored{1, 0});
    must(stand.save(ledger, 3));
    CHECK(stand.stored() == Stored{9, 4});
}

TEST_CASE("neither a position nor an offset ever goes back") {
    LedgerDesk stand(either());
    OffsetLedger& ledger = stand.ledger;
    ledger.note(Lsn{2}, first, 8);
    ledger.note(Lsn{3}, first, 5);
    ledger.note(Lsn{2}, first, 3);
    must(stand.save(ledger, 3));
    CHECK(stand.stored() == Stored{8, 0});
    ledger.note(Lsn{4}, first, 8);
    ledger.note(Lsn{4}, first, 2);
    must(stand.save(ledger, 4));
    must(stand.save(ledger, 2));
    CHECK(stand.stored() == Stored{8, 0});
    CHECK(ledger.saved()[0].next == 8);
}

TEST_CASE("what was not committed is saved once more") {
    LedgerDesk stand(either());
    OffsetLedger& ledger = stand.ledger;
    ledger.note(Lsn{2}, first, 8);
    must(stand.desk.session->begin());
    must(ledger.save(*stand.desk.session, Lsn{2}, 0));
    stand.desk.session->rollback();
    CHECK(stand.stored() == Stored{0, 0});
    CHECK(ledger.saved()[0].next == 0);
    must(stand.save(ledger, 2));
    CHECK(stand.stored() == Stored{8, 0});
}

TEST_CASE("a worker with partitions that another one took over can save nothing of a batch that has them") {
    LedgerDesk stand(either());
    OffsetLedger other(stand.store);
    stand.ledger.note(Lsn{2}, first, 8);
    stand.ledger.note(Lsn{3}, second, 9);
    stand.take(other, {second});
    const Status saved = stand.save(stand.ledger, 3);
    REQUIRE_FALSE(saved);
    CHECK(saved.error().kind == ErrorKind::Fenced);
    CHECK(stand.stored() == Stored{0, 0});
    must(stand.save(stand.ledger, 2));  // the one that is still ours
    CHECK(stand.stored() == Stored{8, 0});
    CHECK(stand.ledger.hold(*stand.desk.session).error().kind == ErrorKind::Fenced);
    must(other.hold(*stand.desk.session));
}

TEST_CASE(
    "a partition that goes with what is not saved of it breaks the ledger, one that is saved does not") {
    LedgerDesk stand(either());
    OffsetLedger& ledger = stand.ledger;
    ledger.note(Lsn{2}, first, 8);
    ledger.note(Lsn{3}, second, 9);
    must(stand.save(ledger, 2));
    ledger.disown(std::vector{first, KafkaPartition{"not ours", 3}});
    ledger.note(Lsn{4}, first, 20);  // not ours any more
    must(stand.save(ledger, 3));
    CHECK(stand.stored() == Stored{8, 9});
    CHECK(ledger.saved() == LedgerOffsets{{second, 9, 1}});
    must(ledger.hold(*stand.desk.session));

    ledger.note(Lsn{5}, second, 10);
    ledger.disown(std::vector{second});
    const Status saved = stand.save(ledger, 5);
    REQUIRE_FALSE(saved);
    CHECK(saved.error().kind == ErrorKind::Fenced);
    // Nor when it comes back: the batch has it still.
    stand.take(ledger, {second});
    ledger.note(Lsn{6}, second, 10);
    CHECK_FALSE(stand.save(ledger, 6));
    CHECK(stand.stored() == Stored{8, 9});
}

TEST_CASE("a partition that comes back begins where it was saved") {
    LedgerDesk stand(either());
    OffsetLedger& ledger = stand.ledger;
    ledger.note(Lsn{2}, first, 8);
    must(stand.save(ledger, 2));
    ledger.disown(std::vector{first});
    stand.take(ledger, {first});
    CHECK(ledger.saved()[0] == PartitionOffset{first, 8, 2});
    ledger.note(Lsn{3}, first, 8);
    ledger.note(Lsn{4}, first, 9);
    must(stand.save(ledger, 4));
    CHECK(stand.stored() == Stored{9, 0});
}
