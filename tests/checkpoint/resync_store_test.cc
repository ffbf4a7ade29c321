#include "checkpoint/resync_store.h"

#include "tests/dlq/both_warehouses.h"
#include "tests/support/catch.h"

using namespace walferry;
using namespace walferry::testing;

namespace {

/// A warehouse of either kind with fresh control tables.
struct Requests {
    explicit Requests(WarehouseKind kind) : desk(kind) {}

    ResyncStore store() const { return ResyncStore(desk.control); }
    WarehouseSession& session() { return *desk.session; }
    std::vector<ResyncRow> request(std::vector<std::string> tables, std::uint64_t rate_max = 0) {
        std::vector<ResyncRow> rows;
        for (std::string& table : tables) {
            ResyncRow row;
            row.source_schema = "it's";
            row.source_table = std::move(table);
            row.relation_id = 4'000'000'000u;
            row.rate_max = rate_max;
            rows.push_back(std::move(row));
        }
        return must(store().request(session(), rows));
    }
    ResyncRow only(std::int64_t id) {
        const auto rows = must(store().find(session(), {id}));
        REQUIRE(rows.size() == 1);
        return rows[0];
    }

    Desk desk;
};

/// `id:table:state` of each.
std::string said(const std::vector<ResyncRow>& rows) {
    std::string text;
    for (const ResyncRow& row : rows) {
        text += (text.empty() ? "" : " ") + std::to_string(row.id) + ':' + row.source_table + ':' +
                std::string(to_string(row.state));
    }
    return text;
}

}  // namespace

TEST_CASE("a request is read as it was made, and as it was written since") {
    Requests requests(either());
    const auto made = requests.request({"a table"}, 500);
    CHECK(said(made) == "1:a table:requested");
    CHECK(made[0].qualified_name() == "it's.a table");
    CHECK(made[0].relation_id == 4'000'000'000u);
    CHECK(made[0].rate_max == 500);
    CHECK(made[0].requested_at > 0);
    CHECK(made[0].ended_at == 0);

    ResyncRow row = made[0];
    row.state = ResyncState::Copying;
    row.rows_copied = 5'000'000'000;
    must(requests.store().write(requests.session(), row, 7));
    CHECK(requests.only(1).state == ResyncState::Copying);
    CHECK(requests.only(1).rows_copied == 5'000'000'000);
    CHECK(requests.only(1).ended_at == 0);

    row.state = ResyncState::Failed;
    row.reason = "it's full";
    row.rows_changed = 3;
    must(requests.store().write(requests.session(), row, 7));
    const ResyncRow read = requests.only(1);
    CHECK(read.state == ResyncState::Failed);
    CHECK(read.reason == "it's full");
    CHECK(read.rows_changed == 3);
    CHECK(read.requested_at == made[0].requested_at);
    CHECK(read.ended_at >= read.requested_at);
}

TEST_CASE("a request for a table with an open one joins it, also within one call") {
    Requests requests(either());
    CHECK(said(requests.request({"a", "b"}, 10)) == "1:a:requested 2:b:requested");
    const auto joined = requests.request({"c", "b", "c", "a"}, 99);
    CHECK(said(joined) == "3:c:requested 2:b:requested 3:c:requested 1:a:requested");
    CHECK(joined[1].rate_max == 10);
    CHECK(said(must(requests.store().read(requests.session(), true))) ==
          "1:a:requested 2:b:requested 3:c:requested");
}

TEST_CASE("a table whose request has ended gets a new one") {
    Requests requests(either());
    ResyncRow row = requests.request({"a"})[0];
    row.state = ResyncState::Done;
    must(requests.store().write(requests.session(), row, 1));
    CHECK(said(requests.request({"a"})) == "2:a:requested");
    CHECK(said(must(requests.store().read(requests.session(), true))) == "2:a:requested");
    CHECK(said(must(requests.store().read(requests.session(), false))) == "2:a:requested 1:a:done");
    CHECK(said(must(requests.store().read(requests.session(), false, 1))) == "2:a:requested");
}

TEST_CASE("what has ended stays as it ended") {
    Requests requests(either());
    ResyncRow row = requests.request({"a"})[0];
    CHECK(said(must(requests.store().cancel(requests.session(), {1}))) == "1:a:cancelled");
    CHECK(requests.only(1).ended_at > 0);
    row.state = ResyncState::Done;
    must(requests.store().write(requests.session(), row, 1));
    CHECK(requests.only(1).state == ResyncState::Cancelled);
    CHECK(must(requests.store().cancel(requests.session(), {1})).empty());
}

TEST_CASE("a cancel ends those of the requests that are open, and no other") {
    Requests requests(either());
    ResyncRow done = requests.request({"a", "b", "c"})[0];
    done.state = ResyncState::Done;
    must(requests.store().write(requests.session(), done, 1));
    CHECK(said(must(requests.store().cancel(requests.session(), {3, 1, 77}))) == "3:c:cancelled");
    CHECK(must(requests.store().cancel(requests.session(), {})).empty());
    CHECK(said(must(requests.store().read(requests.session(), true))) == "2:b:requested");
}

TEST_CASE("a worker holds a request under its own epoch, and until it has ended") {
    Requests requests(either());
    ResyncRow row = requests.request({"a"})[0];
    CHECK_FALSE(requests.store().holds(requests.session(), 1, 5));
    row.state = ResyncState::Copying;
    must(requests.store().write(requests.session(), row, 5));
    must(requests.store().holds(requests.session(), 1, 5));
    const Status older = requests.store().holds(requests.session(), 1, 4);
    REQUIRE_FALSE(older);
    CHECK(older.error().kind == ErrorKind::Fenced);
    must(requests.store().cancel(requests.session(), {1}));
    const Status ended = requests.store().holds(requests.session(), 1, 5);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().kind == ErrorKind::Fenced);
}

TEST_CASE("a pipeline sees and ends its own requests alone") {
    Requests requests(either());
    requests.request({"a"});
    ControlSchema other = requests.desk.control;
    other.pipeline = "other";
    const ResyncStore store(other);
    CHECK(must(store.read(requests.session(), false)).empty());
    CHECK(must(store.find(requests.session(), {1})).empty());
    CHECK(must(store.cancel(requests.session(), {1})).empty());
    ResyncRow row = requests.only(1);
    CHECK(said(must(store.request(requests.session(), {row}))) == "1:a:requested");
    CHECK(requests.only(1).state == ResyncState::Requested);
}

TEST_CASE("of what has ended the newest ids are kept, of what is open all") {
    Requests requests(either());
    const std::string table = requests.desk.control.sql("resync");
    must(requests.session().execute(
        "INSERT INTO " + table +
        " SELECT g, 'p', 's', 't' || g, 1, 'done', NULL, 0, 0, 0, 0, now(), now(), CASE WHEN g = 2 THEN NULL "
        "ELSE now() END FROM generate_series(1, 10002) AS s(g)"));
    CHECK(said(requests.request({"a"})) == "10003:a:requested");
    CHECK(one(requests.session(), "SELECT min(id) FROM " + table) == "2");
    CHECK(one(requests.session(), "SELECT count(*) FROM " + table + " WHERE id < 5") == "2");
}

TEST_CASE("every state of a resync has a name that is read back") {
    for (const ResyncState state :
         {ResyncState::Requested, ResyncState::Copying, ResyncState::CatchingUp, ResyncState::Comparing,
          ResyncState::Done, ResyncState::Failed, ResyncState::Cancelled}) {
        CHECK(parse_resync_state(to_string(state)) == state);
        CHECK(has_ended(state) == (state == ResyncState::Done || state == ResyncState::Failed ||
                                   state == ResyncState::Cancelled));
    }
    CHECK_FALSE(parse_resync_state("unheard of"));
}
