#include "pipeline/resync/resync_desk.h"

#include "checkpoint/table_state_store.h"
#include "pipeline/dead_letter_desk.h"
#include "tests/dlq/both_warehouses.h"
#include "tests/support/catch.h"

using namespace walferry;
using walferry::testing::either;

namespace {

/// A pipeline `p` with tables in every state, and what people ask of it.
struct Bureau {
    explicit Bureau(WarehouseKind kind) : warehouse(kind) {
        config.pipeline = "p";
        if (kind == WarehouseKind::DuckDb) config.warehouse.duckdb.emplace();
        if (kind == WarehouseKind::Postgres) config.warehouse.postgres.emplace();
        add("public", "t", TableState::Streaming);
        add("public", "u", TableState::Streaming);
        add("audit", "u", TableState::Streaming);
        add("public", "copied", TableState::Copying, "", 1000);
        add("public", "nearly", TableState::CatchingUp, "", 500);
        add("public", "broken", TableState::Failed, "it's gone");
        add("public", "left", TableState::Excluded, "not published");
    }

    void add(const std::string& schema, const std::string& table, TableState state,
             const std::string& reason = "", std::uint64_t rows_copied = 0) {
        TableStateRow row;
        row.source_schema = schema;
        row.source_table = table;
        row.relation_id = ++last_relation;
        row.targets = {{schema, table, "upsert"}, {schema, table + "_history", "scd2"}};
        row.state = state;
        row.reason = reason;
        row.rows_copied = rows_copied;
        must(TableStateStore(warehouse.control).write(*warehouse.session, row, 1));
    }

    ResyncDesk desk() {
        ResyncDesk::Parts parts{config, [this] { return connect(); },
                                make_lone_writer(*warehouse.session, warehouse.control), &board,
                                [this] { return status; }};
        if (busy) {
            parts.writer = [](std::vector<WriterWork> works) {
                return std::vector<Status>(works.size(), Error{ErrorKind::Busy, "no session", "", ""});
            };
        }
        return ResyncDesk(std::move(parts));
    }
    Result<std::unique_ptr<WarehouseSession>> connect() {
        return warehouse.file ? warehouse.file->warehouse->connect() : warehouse.warehouse->connect();
    }
    Result<std::vector<ResyncReport>> ask(std::vector<std::string> tables, std::uint64_t rate_max = 0) {
        return desk().request({std::move(tables), false, rate_max});
    }
    Error refusal(const std::string& table) {
        const auto asked = ask({"public.t", table});
        REQUIRE_FALSE(asked);
        return asked.error();
    }

    testing::Desk warehouse;
    Config config;
    ResyncBoard board;
    StatusReport status;
    bool busy = false;
    RelationId last_relation = 100;
};

/// `id:table:state` of each.
std::string said(const std::vector<ResyncReport>& reports) {
    std::string text;
    for (const ResyncReport& report : reports) {
        text += (text.empty() ? "" : " ") + std::to_string(report.row.id) + ':' +
                report.row.qualified_name() + ':' + std::string(to_string(report.row.state));
    }
    return text;
}

}  // namespace

TEST_CASE("resyncs are asked for by names, each table once, and the session is told") {
    Bureau bureau(either());
    const auto asked = must(bureau.ask({"public.u", "t", "public.t"}, 50));
    CHECK(said(asked) == "1:public.u:requested 2:public.t:requested");
    CHECK(asked[0].row.relation_id == 102);
    CHECK(asked[0].row.rate_max == 50);
    CHECK(bureau.board.take_announcement());
    CHECK(said(must(bureau.desk().list())) == "2:public.t:requested 1:public.u:requested");
}

TEST_CASE("a second request for a table joins the first") {
    Bureau bureau(either());
    must(bureau.ask({"public.t"}));
    CHECK(said(must(bureau.ask({"audit.u", "public.t"}))) == "2:audit.u:requested 1:public.t:requested");
}

TEST_CASE("all tables that stream can be asked for at once") {
    Bureau bureau(either());
    CHECK(said(must(bureau.desk().request({{}, true, 0}))) ==
          "1:audit.u:requested 2:public.t:requested 3:public.u:requested");
}

TEST_CASE("a request with a table that can't be made equal asks for none, and says why") {
    Bureau bureau(either());
    TableReport excluded;
    excluded.name = "public.keyless";
    excluded.state = "excluded";
    excluded.reason = "it has no primary key";
    TableReport copied;
    copied.name = "public.copied";
    copied.rows_copied = 3000;
    copied.rows_estimated = 9000;
    bureau.status.tables = {excluded, copied};
    const auto check = [&](const std::string& table, ErrorKind kind, const std::string& words) {
        const Error error = bureau.refusal(table);
        CHECK(error.kind == kind);
        CHECK_THAT(error.message, CONTAINS_TEXT(words));
    };
    check("public.copied", ErrorKind::Refused,
          "public.copied is being copied (3000 rows of about 9000): wait until it streams");
    check("public.nearly", ErrorKind::Refused, "public.nearly is being copied (all 500 rows");
    check("public.broken", ErrorKind::Refused, "public.broken is failed: it's gone");
    check("public.left", ErrorKind::Refused, "public.left is excluded: not published");
    check("keyless", ErrorKind::Refused, "public.keyless is excluded: it has no primary key");
    check("u", ErrorKind::Data, "u can be any of audit.u, public.u");
    check("public.brokne", ErrorKind::Data,
          "the pipeline has no table public.brokne; near to it: public.broken");
    CHECK(must(bureau.desk().list()).empty());
    CHECK_FALSE(bureau.board.take_announcement());
}

TEST_CASE("without a writer nothing is asked for") {
    Bureau bureau(either());
    bureau.busy = true;
    const auto asked = bureau.ask({"public.t"});
    REQUIRE_FALSE(asked);
    CHECK(asked.error().kind == ErrorKind::Busy);
    CHECK_FALSE(bureau.board.take_announcement());
    CHECK(must(bureau.desk().list()).empty());
}

TEST_CASE("what is listed is as the session shows it, until the row has ended") {
    Bureau bureau(either());
    ResyncReport running = must(bureau.ask({"public.t", "public.u"}))[0];
    running.row.state = ResyncState::Copying;
    running.row.rows_copied = 77;
    running.rows_estimated = 100;
    bureau.board.show(running);
    const auto listed = must(bureau.desk().list({{1}, false}));
    REQUIRE(said(listed) == "1:public.t:copying");
    CHECK(listed[0].row.rows_copied == 77);
    CHECK(listed[0].rows_estimated == 100);

    running.row.state = ResyncState::Done;
    must(ResyncStore(bureau.warehouse.control).write(*bureau.warehouse.session, running.row, 1));
    CHECK(said(must(bureau.desk().list())) == "2:public.u:requested 1:public.t:done");
    CHECK(said(must(bureau.desk().list({{}, true}))) == "2:public.u:requested");
    CHECK(said(must(bureau.desk().list({{2, 1}, false}))) == "1:public.t:done 2:public.u:requested");
    CHECK(said(must(bureau.desk().list({{2, 1}, true}))) == "2:public.u:requested");
}

TEST_CASE("a cancel ends open resyncs, in the table and on the board") {
    Bureau bureau(either());
    const auto asked = must(bureau.ask({"public.t", "public.u"}));
    bureau.board.show(asked[1]);
    CHECK(said(must(bureau.desk().cancel({2, 99}))) == "2:public.u:cancelled");
    CHECK(bureau.board.is_cancelled(2));
    CHECK_FALSE(bureau.board.is_cancelled(99));
    CHECK(must(bureau.desk().cancel({2})).empty());
    CHECK(must(bureau.desk().cancel({})).empty());
    CHECK(said(must(bureau.desk().list())) == "2:public.u:cancelled 1:public.t:requested");
}

TEST_CASE("a warehouse without control tables has no resyncs, and none can be asked for") {
    Bureau bureau(either());
    must(bureau.warehouse.session->execute("DROP TABLE " + bureau.warehouse.control.sql("resync")));
    CHECK(must(bureau.desk().list()).empty());
    CHECK(must(bureau.desk().cancel({1})).empty());
    const auto asked = bureau.ask({"public.t"});
    REQUIRE_FALSE(asked);
    CHECK(asked.error().kind == ErrorKind::Refused);
}
