#include "checkpoint/table_state_store.h"

#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry {

namespace {

struct StateDesk {
    StateDesk() { must(create_control_schema(*file.session, control)); }

    TableStateRow only() {
        const auto rows = must(states().read(*file.session));
        REQUIRE(rows.size() == 1);
        return rows[0];
    }
    TableStateStore states() const { return TableStateStore(control); }

    OpenFile file;
    ControlSchema control{WarehouseKind::DuckDb, file.session->catalog(), "walferry", "p"};
};

TableStateRow copying() {
    TableStateRow row;
    row.source_schema = "it's";
    row.source_table = "a table";
    row.relation_id = 4'000'000'000u;
    row.targets = {{"main", "t", "upsert"}, {"main", "t_history", "scd2"}};
    return row;
}

}  // namespace

TEST_CASE("a table with other targets than before has rows for these alone") {
    StateDesk store;
    TableStateRow row = copying();
    must(store.states().write(*store.file.session, row, 1));
    CHECK(store.only().targets == row.targets);
    row.targets = {{"main", "t", "upsert"}, {"main", "t_changes", "append"}};
    row.merges_copy = true;
    row.snapshot_time = 42;
    must(store.states().write(*store.file.session, row, 1));
    CHECK(store.only().targets == row.targets);
    CHECK(store.only().merges_copy);
    CHECK(store.only().snapshot_time == 42);
}

TEST_CASE("a table's state is read as it was written, and replaced whole") {
    StateDesk store;
    TableStateRow row = copying();
    must(store.states().write(*store.file.session, row, 1));
    CHECK(store.only().state == TableState::Copying);
    CHECK(store.only().relation_id == 4'000'000'000u);
    CHECK(store.only().snapshot.empty());
    CHECK_FALSE(store.only().snapshot_lsn);

    row.state = TableState::CatchingUp;
    row.reason = "it's so";
    row.snapshot = "10:20:11,12";
    row.snapshot_lsn = Lsn{500};
    row.rows_copied = 77;
    row.publication_member = 3'000'000'000u;
    must(store.states().write(*store.file.session, row, 1));
    const TableStateRow read = store.only();
    CHECK(read.qualified_name() == "it's.a table");
    CHECK(read.state == TableState::CatchingUp);
    CHECK(read.reason == "it's so");
    CHECK(read.snapshot == "10:20:11,12");
    CHECK(read.snapshot_lsn == Lsn{500});
    CHECK(read.rows_copied == 77);
    CHECK(read.publication_member == 3'000'000'000u);

    must(store.states().remove(*store.file.session, row));
    CHECK(must(store.states().read(*store.file.session)).empty());
}

TEST_CASE("a copy holds its table only under its own epoch and while it is copying") {
    StateDesk store;
    TableStateRow row = copying();
    must(store.states().write(*store.file.session, row, 1));
    must(store.states().holds(*store.file.session, row, 1));
    const Status older = store.states().holds(*store.file.session, row, 2);
    REQUIRE_FALSE(older);
    CHECK(older.error().kind == ErrorKind::Fenced);
    row.state = TableState::CatchingUp;
    must(store.states().write(*store.file.session, row, 1));
    const Status done = store.states().holds(*store.file.session, row, 1);
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == ErrorKind::Fenced);
}

TEST_CASE("a pipeline sees its own tables alone") {
    StateDesk store;
    must(store.states().write(*store.file.session, copying(), 1));
    ControlSchema other = store.control;
    other.pipeline = "other";
    CHECK(must(TableStateStore(other).read(*store.file.session)).empty());
    const Status held = TableStateStore(other).holds(*store.file.session, copying(), 1);
    CHECK_FALSE(held);
}

TEST_CASE("every state has a name that is read back") {
    for (const TableState state : {TableState::Copying, TableState::CatchingUp, TableState::Streaming,
                                   TableState::Failed, TableState::Excluded}) {
        CHECK(parse_table_state(to_string(state)) == state);
    }
    CHECK_FALSE(parse_table_state("unheard of"));
}

}  // namespace walferry
