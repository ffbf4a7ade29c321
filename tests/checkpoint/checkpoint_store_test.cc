#include "checkpoint/checkpoint_store.h"

#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry {

namespace {

struct Store {
    Store() {
        control = {WarehouseKind::DuckDb, file.session->catalog(), "walferry", "it's one"};
        must(create_control_schema(*file.session, control));
    }

    void create(const std::string& pipeline = "it's one") {
        control.pipeline = pipeline;
        must(CheckpointStore(control).create(
            *file.session, {Lsn{100}, 18'000'000'000'000'000'001u, 3, "a 'slot'", true, 1}));
    }
    Checkpoint read() { return must(CheckpointStore(control).read(*file.session)).value(); }

    OpenFile file;
    ControlSchema control;
};

}  // namespace

TEST_CASE("a checkpoint is read as it was written") {
    Store store;
    CHECK_FALSE(must(CheckpointStore(store.control).read(*store.file.session)));
    store.create();
    const Checkpoint read = store.read();
    CHECK(read.position == Lsn{100});
    CHECK(read.system_identifier == 18'000'000'000'000'000'001u);
    CHECK(read.timeline == 3);
    CHECK(read.slot == "a 'slot'");
    CHECK(read.made_publication);
    CHECK(read.epoch == 1);
}

TEST_CASE("a checkpoint moves forward, or stays") {
    Store store;
    store.create();
    const CheckpointStore checkpoints(store.control);
    must(checkpoints.save(*store.file.session, Lsn{0xFFFF'FFFF'FFFF'FF00}, 1));
    must(checkpoints.save(*store.file.session, Lsn{0xFFFF'FFFF'FFFF'FF00}, 1));
    CHECK(store.read().position == Lsn{0xFFFF'FFFF'FFFF'FF00});
}

TEST_CASE("a checkpoint refuses to go back") {
    Store store;
    store.create();
    const Status saved = CheckpointStore(store.control).save(*store.file.session, Lsn{99}, 1);
    REQUIRE_FALSE(saved);
    CHECK(saved.error().kind == ErrorKind::Internal);
    CHECK(store.read().position == Lsn{100});
}

TEST_CASE("taking a pipeline over fences every save of the older instance") {
    Store store;
    store.create();
    const CheckpointStore checkpoints(store.control);
    const Checkpoint mine = must(checkpoints.take_over(*store.file.session));
    CHECK(mine.epoch == 2);
    CHECK(mine.position == Lsn{100});
    const Status saved = checkpoints.save(*store.file.session, Lsn{200}, 1);
    REQUIRE_FALSE(saved);
    CHECK(saved.error().kind == ErrorKind::Fenced);
    CHECK(saved.error().way_out.find("walferry status") != std::string::npos);
    const Status timeline = checkpoints.save_timeline(*store.file.session, 4, 1);
    REQUIRE_FALSE(timeline);
    CHECK(timeline.error().kind == ErrorKind::Fenced);
    must(checkpoints.save(*store.file.session, Lsn{200}, 2));
    must(checkpoints.save_timeline(*store.file.session, 4, 2));
    CHECK(store.read().position == Lsn{200});
    CHECK(store.read().timeline == 4);
}

TEST_CASE("a checkpoint that is gone can neither be saved nor taken over") {
    Store store;
    const CheckpointStore checkpoints(store.control);
    const Status saved = checkpoints.save(*store.file.session, Lsn{200}, 1);
    REQUIRE_FALSE(saved);
    CHECK(saved.error().kind == ErrorKind::Refused);
    const auto taken = checkpoints.take_over(*store.file.session);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().kind == ErrorKind::Refused);
    // No transaction was left open.
    must(store.file.session->begin());
    store.file.session->rollback();
}

TEST_CASE("two rows for one pipeline are refused") {
    Store store;
    store.create();
    store.create();
    const auto read = CheckpointStore(store.control).read(*store.file.session);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::Refused);
}

TEST_CASE("pipelines that share the control tables do not touch each other") {
    Store store;
    store.create("one");
    store.create("two");
    must(CheckpointStore(store.control).save(*store.file.session, Lsn{500}, 1));
    store.control.pipeline = "one";
    CHECK(store.read().position == Lsn{100});
    must(drop_control_rows(*store.file.session, store.control));
    CHECK(must(has_control_schema(*store.file.session, store.control)));
    store.control.pipeline = "two";
    CHECK(store.read().position == Lsn{500});
    must(drop_control_rows(*store.file.session, store.control));
    CHECK_FALSE(must(has_control_schema(*store.file.session, store.control)));
}

TEST_CASE("control tables of another version are refused") {
    Store store;
    must(create_control_schema(*store.file.session, store.control));
    must(store.file.session->execute("UPDATE walferry.control_version SET version = 99"));
    const Status made = create_control_schema(*store.file.session, store.control);
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == ErrorKind::Schema);
    CHECK(made.error().message.find("99") != std::string::npos);
}

TEST_CASE("a log position is spelled as the warehouse has it, and read back") {
    const Lsn lsn{0x16'B374'D848};
    ControlSchema control{WarehouseKind::DuckDb, "", "walferry", "p"};
    CHECK(control.read_lsn("97500059720") == lsn);
    CHECK(control.lsn_literal(lsn).find("97500059720") != std::string::npos);
    control.kind = WarehouseKind::Postgres;
    CHECK(control.read_lsn("16/B374D848") == lsn);
    CHECK(control.lsn_literal(lsn).find("16/B374D848") != std::string::npos);
    CHECK_FALSE(control.read_lsn(std::nullopt));
}

}  // namespace walferry
