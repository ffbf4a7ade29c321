#include "apply/batch_applier.h"

#include "tests/apply/stand.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

using Lines = std::vector<std::string>;

/// Has nothing to do for any relation.
struct IdleReshaper final : Reshaper {
    Result<Reshaped> reshape(WarehouseSession&, const std::shared_ptr<Table>& table, const Relation&,
                             SequenceKey, bool) override {
        ++asked;
        return Reshaped{table, false, {}};
    }
    int asked = 0;
};

}  // namespace

TEST_CASE("rows and checkpoint of a batch become visible together") {
    Stand stand;
    BatchApplier applier = stand.applier();
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 200, {Stand::insert(1, "a"), Stand::insert(2, "b")});
    const auto committed = must(applier.apply(*builder.take()));
    REQUIRE(committed);
    CHECK(committed->position == Lsn{210});
    CHECK(committed->rows == 2);
    CHECK(committed->transactions == 1);
    CHECK(committed->events.at("public.t").inserts == 2);
    CHECK(applier.position() == Lsn{210});
    CHECK(stand.seen_rows() == Lines{"1|a", "2|b"});
    CHECK(stand.seen_position() == "210");
}

TEST_CASE("the steps of a large transaction are invisible until the last one") {
    Stand stand;
    BatchApplier applier = stand.applier();
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 200, {Stand::insert(1, "a")});
    stand.begin(builder, 300);
    stand.change(builder, Stand::insert(2, "b"));
    CHECK_FALSE(must(applier.apply(*builder.take())));
    CHECK(applier.transaction_open());
    CHECK(stand.seen_rows().empty());
    CHECK(stand.seen_position() == "100");
    stand.change(builder, Stand::update(1, "a2"));
    CHECK_FALSE(must(applier.apply(*builder.take())));
    CHECK(stand.seen_rows().empty());
    stand.change(builder, Stand::remove(2));
    builder.commit(stand.transaction);
    const auto committed = must(applier.apply(*builder.take()));
    REQUIRE(committed);
    CHECK(committed->transactions == 2);
    CHECK(committed->events.at("public.t").total() == 4);
    CHECK_FALSE(applier.transaction_open());
    CHECK(stand.seen_rows() == Lines{"1|a2"});
    CHECK(stand.seen_position() == "310");
}

TEST_CASE("a transaction given up between its steps leaves nothing") {
    Stand stand;
    {
        BatchApplier applier = stand.applier();
        BatchBuilder builder = stand.builder();
        stand.begin(builder, 200);
        stand.change(builder, Stand::insert(1, "a"));
        must(applier.apply(*builder.take()));
        stand.file.session->rollback();
    }
    CHECK(stand.seen_rows().empty());
    CHECK(stand.seen_position() == "100");

    BatchApplier next = stand.applier();
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 200, {Stand::insert(1, "a")});
    must(next.apply(*builder.take()));
    CHECK(stand.seen_rows() == Lines{"1|a"});
}

TEST_CASE("a fenced instance's batch fails whole") {
    Stand stand;
    BatchApplier applier = stand.applier();
    BatchBuilder builder = stand.builder();
    CHECK(must(CheckpointStore(stand.control).take_over(*stand.other)).epoch == 2);
    stand.transact(builder, 200, {Stand::insert(1, "a")});
    const auto applied = applier.apply(*builder.take());
    REQUIRE_FALSE(applied);
    CHECK(applied.error().kind == ErrorKind::Fenced);
    stand.file.session->rollback();
    CHECK(stand.seen_rows().empty());
    CHECK(stand.seen_position() == "100");
}

TEST_CASE("a batch that fails in the middle leaves nothing") {
    Stand stand;
    must(stand.file.session->execute("INSERT INTO main.t VALUES (1, 'kept')"));
    BatchApplier applier = stand.applier();
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 200, {Stand::remove(1), Stand::insert(2, "b")});
    stand.file.session->rollback();
    auto batch = builder.take();
    batch->position = Lsn{50};  // the checkpoint refuses it, after the rows were written
    const auto applied = applier.apply(*batch);
    REQUIRE_FALSE(applied);
    CHECK(applied.error().kind == ErrorKind::Internal);
    stand.file.session->rollback();
    CHECK(stand.seen_rows() == Lines{"1|kept"});
    CHECK(stand.seen_position() == "100");
}

TEST_CASE("a position alone is saved") {
    Stand stand;
    BatchApplier applier = stand.applier();
    BatchBuilder builder = stand.builder();
    builder.position({Lsn{500}, false});
    REQUIRE(must(applier.apply(*builder.take())));
    CHECK(stand.seen_position() == "500");
}

TEST_CASE("changes of a table that is being copied are kept in the commit that moves the checkpoint") {
    Stand stand(TableState::Copying);
    BatchApplier applier = stand.applier();
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 200, {Stand::insert(1, "a"), Stand::update(1, "b")});
    must(applier.apply(*builder.take()));
    CHECK(stand.seen_rows().empty());
    CHECK(stand.seen_kept() == "3");
    CHECK(stand.seen_position() == "210");
    // Still being copied: nothing to catch up.
    CHECK_FALSE(must(applier.catch_up()));
}

TEST_CASE("kept changes are applied in order, but for those that the snapshot saw") {
    Stand stand(TableState::Copying);
    BatchApplier applier = stand.applier();
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 200, {Stand::insert(1, "copied")}, 10);
    stand.transact(builder, 300, {Stand::insert(2, "in progress at the snapshot")}, 11);
    must(applier.apply(*builder.take()));
    stand.transact(builder, 400, {Stand::update(1, "later"), Stand::update(1, "latest")}, 20);
    must(applier.apply(*builder.take()));

    must(stand.file.session->execute("INSERT INTO main.t VALUES (1, 'copied')"));
    stand.table->snapshot = Snapshot{11, 12, {11}};
    stand.table->snapshot_lsn = Lsn{350};
    stand.table->state = TableState::CatchingUp;
    CHECK(must(applier.catch_up()));
    CHECK(stand.seen_rows() == Lines{"1|latest", "2|in progress at the snapshot"});
    // The relation message that describes what may still come stays.
    CHECK(stand.seen_kept() == "1");
    CHECK(stand.registry.turning() == 1);
    CHECK_FALSE(must(applier.catch_up()));
}

TEST_CASE("a table goes direct in a commit with the rest of its kept changes") {
    Stand stand(TableState::Copying);
    BatchApplier applier = stand.applier();
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 200, {Stand::insert(1, "a")}, 20);
    must(applier.apply(*builder.take()));
    stand.table->snapshot = Snapshot{20, 20, {}};
    stand.table->snapshot_lsn = Lsn{150};
    stand.table->state = TableState::CatchingUp;
    CHECK(must(applier.catch_up()));
    REQUIRE(stand.registry.turning() == 1);

    // One more was being kept when the applier asked; the next goes direct.
    stand.transact(builder, 300, {Stand::update(1, "direct")}, 21);
    auto turning = builder.take();
    REQUIRE(turning->turning_direct.size() == 1);
    must(applier.apply(*turning));
    CHECK(stand.table->state == TableState::Streaming);
    CHECK(stand.seen_rows() == Lines{"1|direct"});
    CHECK(stand.seen_kept() == "0");
    CHECK(one(*stand.other, "SELECT state FROM walferry.table_state") == "streaming");
}

TEST_CASE("a table does not go direct before the checkpoint has passed its snapshot") {
    Stand stand(TableState::CatchingUp);
    BatchApplier applier = stand.applier();
    stand.table->snapshot_lsn = Lsn{150};
    CHECK_FALSE(must(applier.catch_up()));
    CHECK(stand.registry.turning() == 0);
    BatchBuilder builder = stand.builder();
    builder.position({Lsn{150}, false});
    must(applier.apply(*builder.take()));
    must(applier.catch_up());
    CHECK(stand.registry.turning() == 1);
}

TEST_CASE("kept changes are read on after a restart, with the shape that they were sent in") {
    Stand stand(TableState::Copying);
    {
        BatchApplier applier = stand.applier();
        BatchBuilder builder = stand.builder();
        for (std::uint64_t i = 0; i < 3; ++i) {
            stand.transact(builder, 200 + i * 20, {Stand::insert(static_cast<int>(i), "v")}, 20);
            must(applier.apply(*builder.take()));
        }
        stand.table->snapshot = Snapshot{20, 20, {}};
        stand.table->snapshot_lsn = Lsn{1000};  // not passed yet, so the table does not go direct
        stand.table->state = TableState::CatchingUp;
        CHECK(must(applier.catch_up()));
        stand.transact(builder, 300, {Stand::remove(0)}, 21);
        must(applier.apply(*builder.take()));
    }
    BatchApplier next = stand.applier(1, Lsn{310});
    CHECK(must(next.catch_up()));
    CHECK(stand.seen_rows() == Lines{"1|v", "2|v"});
}

TEST_CASE("a fenced instance does not catch up") {
    Stand stand(TableState::Copying);
    BatchApplier applier = stand.applier();
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 200, {Stand::insert(1, "a")}, 20);
    must(applier.apply(*builder.take()));
    must(CheckpointStore(stand.control).take_over(*stand.other));
    stand.table->snapshot = Snapshot{20, 20, {}};
    stand.table->state = TableState::CatchingUp;
    const auto worked = applier.catch_up();
    REQUIRE_FALSE(worked);
    CHECK(worked.error().kind == ErrorKind::Fenced);
    stand.file.session->rollback();
    CHECK(stand.seen_rows().empty());
    CHECK(stand.seen_kept() == "2");
}

TEST_CASE("a relation for which there is nothing to change is asked about once, not in every batch") {
    Stand stand;
    IdleReshaper reshaper;
    BatchApplier applier = stand.applier(1, Lsn{100}, &reshaper);
    must(stand.decoder.relation(relation_message(7, "other_name", 2)));
    for (int i = 1; i <= 3; ++i) {
        const auto position = static_cast<std::uint64_t>(100 * i + 100);
        BatchBuilder builder = stand.builder();
        stand.transact(builder, position, {Stand::insert(i, "a")});
        REQUIRE(must(applier.apply(*builder.take())));
    }
    CHECK(reshaper.asked == 1);
    must(stand.decoder.relation(relation_message(7, "third_name", 2)));
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 600, {Stand::insert(4, "a")});
    REQUIRE(must(applier.apply(*builder.take())));
    CHECK(reshaper.asked == 2);
    CHECK(stand.seen_rows() == Lines{"1|a", "2|a", "3|a", "4|a"});
}

}  // namespace walferry
