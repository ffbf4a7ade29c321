#include "checkpoint/outbox_store.h"

#include "model/utc_text.h"
#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry {

namespace {

struct Stored {
    Stored() { must(create_control_schema(*file.session, control)); }

    void append(std::int64_t first, std::int64_t last, const std::string& pipeline = "it's one") {
        ControlSchema of = control;
        of.pipeline = pipeline;
        std::vector<OutboxRow> rows;
        for (std::int64_t id = first; id <= last; ++id) {
            rows.push_back({id,
                            {},
                            0,
                            "batch",
                            "public.o'rders",
                            "main.orders",
                            Lsn{0xFFFF'FFFF'0000'0000u + static_cast<std::uint64_t>(id)},
                            R"({"it's":"ü"})"});
        }
        must(OutboxStore(of).append(*file.session, rows));
    }
    std::vector<std::int64_t> ids() {
        std::vector<std::int64_t> all;
        for (const auto& row :
             must(file.session->query(
                      "SELECT id FROM walferry.outbox WHERE pipeline = 'it''s one' ORDER BY id"))
                 .rows)
            all.push_back(std::stoll(*row[0]));
        return all;
    }
    void age_published() {
        must(file.session->execute(
            "UPDATE walferry.outbox SET published_at = published_at - INTERVAL '1 hour'"));
    }

    OpenFile file;
    ControlSchema control{WarehouseKind::DuckDb, file.session->catalog(), "walferry", "it's one"};
    OutboxStore store{control};
};

using Ids = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("outbox rows are read as they were written, in order, from behind a given one") {
    Stored stored;
    CHECK(must(stored.store.last_id(*stored.file.session)) == 0);
    stored.append(4, 6);
    stored.append(1, 3);
    stored.append(9, 9, "another");
    CHECK(must(stored.store.last_id(*stored.file.session)) == 6);
    const auto rows = must(stored.store.unpublished(*stored.file.session, 2, 3));
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].id == 3);
    CHECK(rows[2].id == 5);
    CHECK(rows[0].pipeline == "it's one");
    CHECK(rows[0].kind == "batch");
    CHECK(rows[0].source_table == "public.o'rders");
    CHECK(rows[0].target_table == "main.orders");
    CHECK(rows[0].commit_lsn == Lsn{0xFFFF'FFFF'0000'0003u});
    CHECK(rows[0].payload == R"({"it's":"ü"})");
    CHECK(utc_text(rows[0].created_at) ==
          must(stored.file.session->query(
                   "SELECT strftime(created_at AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') FROM "
                   "walferry.outbox WHERE id = 3"))
              .rows[0][0]);
}

TEST_CASE("published outbox rows count no more, and another pipeline's are not touched") {
    Stored stored;
    stored.append(1, 5);
    stored.append(1, 5, "another");
    must(stored.store.mark_published(*stored.file.session, 3));
    const auto left = must(stored.store.backlog(*stored.file.session, 0));
    CHECK(left.rows == 2);
    CHECK(left.first_id == 4);
    CHECK(must(stored.store.unpublished(*stored.file.session, 0, 100)).size() == 2);
    CHECK(one(*stored.file.session, "SELECT count(*) FROM walferry.outbox WHERE published_at IS NULL") ==
          "7");
    must(stored.store.mark_published(*stored.file.session, 5));
    CHECK(must(stored.store.backlog(*stored.file.session, 0)).first_id == 0);
}

TEST_CASE("pruning takes rows that were published long ago, never an unpublished one nor the newest") {
    Stored stored;
    const auto prune = [&](std::uint64_t rows_max) {
        return must(stored.store.prune(*stored.file.session, std::chrono::minutes(1), rows_max));
    };
    CHECK(prune(100) == 0);
    stored.append(1, 10);
    CHECK(prune(100) == 0);
    must(stored.store.mark_published(*stored.file.session, 6));
    CHECK(prune(100) == 0);  // not old enough
    stored.age_published();
    CHECK(prune(4) == 4);
    CHECK(stored.ids() == Ids{5, 6, 7, 8, 9, 10});
    CHECK(prune(4) == 2);
    CHECK(stored.ids() == Ids{7, 8, 9, 10});
    must(stored.store.mark_published(*stored.file.session, 10));
    stored.age_published();
    CHECK(prune(100) == 3);
    CHECK(stored.ids() == Ids{10});
    CHECK(must(stored.store.last_id(*stored.file.session)) == 10);
}

TEST_CASE("control tables of an earlier build get what they lack, and can be dropped without it") {
    Stored stored;
    const auto count = [&] {
        return one(*stored.file.session, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'outbox'");
    };
    must(stored.file.session->execute("DROP TABLE walferry.outbox"));
    must(check_control_version(*stored.file.session, stored.control));
    CHECK(count() == "0");
    must(create_control_schema(*stored.file.session, stored.control));
    CHECK(count() == "1");
    must(stored.file.session->execute("DROP TABLE walferry.outbox"));
    must(drop_control_rows(*stored.file.session, stored.control));
    CHECK_FALSE(must(has_control_schema(*stored.file.session, stored.control)));
}

}  // namespace walferry
