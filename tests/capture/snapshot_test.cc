#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <thread>

#include "capture/snapshot/snapshot_reader.h"
#include "model/byte_order.h"
#include "tests/capture/described_table.h"
#include "tests/support/catch.h"
#include "tests/support/pg_cluster.h"

namespace walferry {
namespace {

testing::PgCluster& cluster() {
    static testing::PgCluster instance;
    return instance;
}

SourceTable table_named(const std::string& name) {
    return testing::described_table(*cluster().connect(), "public", name);
}

std::unique_ptr<SnapshotHolder> hold(const std::vector<SourceTable>& tables) {
    auto holder = hold_snapshot(cluster().conninfo(), tables);
    if (!holder) FAIL(describe(holder.error()));
    return std::move(holder.value());
}

std::unique_ptr<CopyReader> open(const SnapshotHolder& holder) {
    auto reader = open_copy_reader(cluster().conninfo(), holder.name());
    if (!reader) FAIL(describe(reader.error()));
    return std::move(reader.value());
}

using Row = std::vector<std::optional<std::string>>;

Row fields(std::string_view row) {
    Row values;
    while (!row.empty()) {
        const auto length = load_big_endian<std::int32_t>(row.data());
        row.remove_prefix(4);
        if (length < 0) {
            values.emplace_back(std::nullopt);
            continue;
        }
        values.emplace_back(std::string(row.substr(0, static_cast<std::size_t>(length))));
        row.remove_prefix(static_cast<std::size_t>(length));
    }
    return values;
}

/// All columns as text.
std::vector<Row> read(CopyReader& reader, const SourceTable& table, const CopyChunk& chunk) {
    const Status started = reader.start(table, chunk, std::vector<bool>(table.columns.size(), true));
    if (!started) FAIL(describe(started.error()));
    std::vector<Row> rows;
    while (true) {
        const auto row = reader.next();
        if (!row) FAIL(describe(row.error()));
        if (!row.value()) return rows;
        rows.push_back(fields(*row.value()));
    }
}

std::vector<Row> read_all(const SourceTable& table, std::uint32_t pages = 1000) {
    const auto holder = hold({table});
    const auto chunks = holder->plan(table, pages).value();
    const auto reader = open(*holder);
    std::vector<Row> rows;
    for (const CopyChunk& chunk : chunks)
        for (Row& row : read(*reader, table, chunk)) rows.push_back(std::move(row));
    std::sort(rows.begin(), rows.end());
    return rows;
}

std::string waiting_for_lock(const std::string& like) {
    return cluster().value(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '" + like + "'");
}

void await(const std::function<bool()>& condition) {
    for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    REQUIRE(condition());
}

}  // namespace

TEST_CASE("chunks together give every row once") {
    cluster().exec(
        "DROP TABLE IF EXISTS many; CREATE TABLE many (id int, pad text);"
        "INSERT INTO many SELECT i, repeat('x', 200) FROM generate_series(1, 5000) i;"
        "DELETE FROM many WHERE id % 7 = 0; UPDATE many SET pad = 'moved' WHERE id % 5 = 0");
    const SourceTable table = table_named("many");
    const auto holder = hold({table});
    const auto chunks = holder->plan(table, 7).value();
    CHECK(chunks.size() > 15);
    CHECK(!chunks.back().end_page);
    const auto one = open(*holder), other = open(*holder);
    std::multiset<int> seen;
    for (std::size_t i = 0; i < chunks.size(); ++i)
        for (const Row& row : read(i % 2 ? *one : *other, table, chunks[i])) seen.insert(std::stoi(*row[0]));
    CHECK(seen.size() == 5000 - 5000 / 7);
    CHECK(std::set<int>(seen.begin(), seen.end()).size() == seen.size());
}

TEST_CASE("a chunk is read by its pages and not by a scan of the whole table") {
    const auto connection = cluster().connect();
    pqxx::nontransaction work(*connection);
    const auto plan = work.exec(
        "EXPLAIN SELECT id FROM ONLY public.many WHERE ctid >= '(3,0)'::tid AND ctid < '(5,0)'::tid");
    CHECK_THAT(plan[0][0].as<std::string>(), CONTAINS_TEXT("Tid Range Scan"));
}

TEST_CASE("an empty table is one chunk without rows") {
    cluster().exec("DROP TABLE IF EXISTS bare; CREATE TABLE bare (id int)");
    CHECK(read_all(table_named("bare")).empty());
}

TEST_CASE("row filter and column list of the publication apply to the copy") {
    cluster().exec(
        "DROP TABLE IF EXISTS part; CREATE TABLE part (id int, secret text, \"Odd name\" text);"
        "INSERT INTO part VALUES (1, 's', 'a'), (2, 's', NULL), (3, 's', '')");
    SourceTable table = table_named("part");
    table.columns.erase(table.columns.begin() + 1);
    table.row_filter = "(id >= 2) OR false";
    CHECK(read_all(table) == std::vector<Row>{{"2", std::nullopt}, {"3", ""}});
}

TEST_CASE("a partitioned table is read from its leaves, whatever the order of their columns") {
    cluster().exec(
        "DROP TABLE IF EXISTS root, odd; CREATE TABLE root (id int, v text) PARTITION BY RANGE (id);"
        "CREATE TABLE low PARTITION OF root FOR VALUES FROM (0) TO (10);"
        "CREATE TABLE middle PARTITION OF root FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);"
        "CREATE TABLE middle_leaf PARTITION OF middle FOR VALUES FROM (10) TO (20);"
        "CREATE TABLE odd (v text, dropped int, id int); ALTER TABLE odd DROP COLUMN dropped;"
        "ALTER TABLE root ATTACH PARTITION odd FOR VALUES FROM (20) TO (30);"
        "INSERT INTO root VALUES (1, 'a'), (11, 'b'), (21, 'c')");
    const SourceTable table = table_named("root");
    REQUIRE(table.kind == 'p');
    CHECK(read_all(table) == std::vector<Row>{{"1", "a"}, {"11", "b"}, {"21", "c"}});
    CHECK(hold({table})->plan(table, 100).value().size() == 3);
}

TEST_CASE("a child by inheritance is a table of its own") {
    cluster().exec(
        "DROP TABLE IF EXISTS parent CASCADE; CREATE TABLE parent (id int); CREATE TABLE child () INHERITS "
        "(parent);"
        "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2)");
    CHECK(read_all(table_named("parent")) == std::vector<Row>{{"1"}});
}

TEST_CASE("a foreign table as a leaf is refused, for its rows can't be copied in the snapshot") {
    cluster().exec(
        "CREATE EXTENSION IF NOT EXISTS file_fdw; CREATE SERVER IF NOT EXISTS files FOREIGN DATA WRAPPER "
        "file_fdw;"
        "DROP TABLE IF EXISTS mixed; CREATE TABLE mixed (id int) PARTITION BY RANGE (id);"
        "CREATE FOREIGN TABLE mixed_far PARTITION OF mixed FOR VALUES FROM (0) TO (9) SERVER files "
        "OPTIONS (filename '/dev/null')");
    const SourceTable table = table_named("mixed");
    CHECK(hold({table})->plan(table, 100).error().kind == ErrorKind::Schema);
}

TEST_CASE("rows committed after the snapshot are not read, and the snapshot tells who is in") {
    cluster().exec("DROP TABLE IF EXISTS live; CREATE TABLE live (id int); INSERT INTO live VALUES (1)");
    const SourceTable table = table_named("live");
    const auto open_writer = cluster().connect();
    pqxx::work pending(*open_writer);
    pending.exec("INSERT INTO live VALUES (2)");
    const auto pending_xid =
        pending.exec("SELECT pg_current_xact_id()::xid::text::int8")[0][0].as<std::uint32_t>();
    const auto before = cluster().value("SELECT xmin::text FROM live");

    const auto holder = hold({table});
    pending.commit();
    cluster().exec(
        "INSERT INTO live VALUES (3); UPDATE live SET id = 10 WHERE id = 1; DELETE FROM live WHERE id = 2");
    const auto reader = open(*holder);
    const auto chunks = holder->plan(table, 100).value();
    CHECK(read(*reader, table, chunks[0]) == std::vector<Row>{{"1"}});
    CHECK(holder->snapshot().sees(static_cast<std::uint32_t>(std::stoul(before))));
    CHECK(!holder->snapshot().sees(pending_xid));
    CHECK(parse_snapshot(holder->text()).has_value());
    CHECK(holder->position().value > 0);
    CHECK(
        cluster().value("SELECT abs(extract(epoch FROM now() - timestamptz '2000-01-01 00:00+00') * 1e6 - " +
                        std::to_string(holder->time()) + ") < 60e6") == "t");
}

TEST_CASE("DDL that rewrites a table waits until the holder is gone") {
    cluster().exec("DROP TABLE IF EXISTS held; CREATE TABLE held (id int); INSERT INTO held VALUES (1)");
    const SourceTable table = table_named("held");
    auto holder = hold({table});
    std::thread alter([] { cluster().exec("ALTER TABLE held ALTER id TYPE bigint"); });
    await([] { return waiting_for_lock("ALTER TABLE held%") == "1"; });
    CHECK(holder->plan(table, 10).value().size() == 1);
    holder.reset();
    alter.join();
    CHECK(cluster().value("SELECT pg_typeof(id) FROM held") == "bigint");
}

TEST_CASE("the snapshot is taken after the locks, so that a rewrite before it is seen whole") {
    cluster().exec("DROP TABLE IF EXISTS held; CREATE TABLE held (id int); INSERT INTO held VALUES (1), (2)");
    const SourceTable table = table_named("held");
    const auto writer = cluster().connect();
    auto rewrite = std::make_unique<pqxx::work>(*writer);
    rewrite->exec("ALTER TABLE held ADD r float8 DEFAULT random(); INSERT INTO held VALUES (3)");
    std::unique_ptr<SnapshotHolder> holder;
    std::thread holding([&] {
        if (auto held = hold_snapshot(cluster().conninfo(), {table})) holder = std::move(held.value());
    });
    await([] { return waiting_for_lock("LOCK TABLE%") == "1"; });
    rewrite->commit();
    holding.join();
    REQUIRE(holder);
    const auto reader = open(*holder);
    CHECK(read(*reader, table, holder->plan(table, 10).value()[0]).size() == 3);
}

TEST_CASE(
    "a table that is gone, replaced by another of its name, or changed is worth another look: kind Busy") {
    cluster().exec("DROP TABLE IF EXISTS gone; CREATE TABLE gone (id int)");
    const SourceTable table = table_named("gone");
    cluster().exec("DROP TABLE gone");
    CHECK(hold_snapshot(cluster().conninfo(), {table}).error().kind == ErrorKind::Busy);
    cluster().exec("CREATE TABLE gone (id int)");
    CHECK(hold_snapshot(cluster().conninfo(), {table}).error().kind == ErrorKind::Busy);
    const SourceTable other = table_named("gone");
    cluster().exec("ALTER TABLE gone ALTER id TYPE date USING NULL");
    CHECK(hold_snapshot(cluster().conninfo(), {other}).error().kind == ErrorKind::Busy);
}

TEST_CASE("a snapshot whose holder is gone can't be imported: kind Connection") {
    const std::string name = hold({})->name();
    // Its backend may end a moment after the connection.
    auto reader = open_copy_reader(cluster().conninfo(), name);
    for (int tries = 0; reader && tries < 200; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        reader = open_copy_reader(cluster().conninfo(), name);
    }
    REQUIRE_FALSE(reader);
    CHECK(reader.error().kind == ErrorKind::Connection);
}

TEST_CASE("a reader whose backend is terminated fails with kind Connection") {
    cluster().exec(
        "DROP TABLE IF EXISTS big; CREATE TABLE big AS SELECT i AS id, repeat('x', 500) AS pad "
        "FROM generate_series(1, 60000) i");
    const SourceTable table = table_named("big");
    const auto holder = hold({table});
    const auto reader = open(*holder);
    REQUIRE(reader->start(table, holder->plan(table, 1'000'000).value()[0], {true, true}).has_value());
    REQUIRE(reader->next().has_value());
    cluster().exec("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE 'COPY%'");
    std::optional<ErrorKind> kind;
    while (!kind) {
        const auto row = reader->next();
        if (!row) kind = row.error().kind;
        if (row && !row.value()) break;
    }
    CHECK(kind == ErrorKind::Connection);
}

TEST_CASE("interrupt makes a waiting reader return with kind Cancelled") {
    cluster().exec("DROP TABLE IF EXISTS slow; CREATE TABLE slow (id int); INSERT INTO slow VALUES (1)");
    SourceTable table = table_named("slow");
    table.row_filter = "pg_sleep(600) IS NOT NULL";
    const auto holder = hold({table});
    const auto reader = open(*holder);
    const auto chunk = holder->plan(table, 10).value()[0];
    std::optional<ErrorKind> kind;
    std::thread waiting([&] {
        if (const Status status = reader->start(table, chunk, {true}); !status) kind = status.error().kind;
        if (const auto row = reader->next(); !kind && !row) kind = row.error().kind;
    });
    await([] {
        return cluster().value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "1";
    });
    reader->interrupt();
    waiting.join();
    CHECK(kind == ErrorKind::Cancelled);
}

TEST_CASE("text columns are what the type's output function writes") {
    cluster().exec(
        "DROP TABLE IF EXISTS forms; DROP TYPE IF EXISTS pair; CREATE TYPE pair AS (a int, b text);"
        "CREATE TABLE forms (a char(5), b inet, c bool, d text[], e pair, f int4range, g bytea, h bit(3),"
        "i interval, j timestamptz, k float8, l xml, m \"char\");"
        "INSERT INTO forms VALUES ('ab', '1.2.3.4/32', true, ARRAY['a b', NULL, '\"'], ROW(NULL, NULL), "
        "'[1,3)', '\\x00ff',"
        "'101', '1 mon -02:00', '2024-01-01 00:00+02', 0.1::float8 + 0.2::float8, '<a/>', 'x'); INSERT INTO "
        "forms DEFAULT VALUES");
    const auto rows = read_all(table_named("forms"));
    REQUIRE(rows.size() == 2);
    CHECK(std::count(rows[0].begin(), rows[0].end(), std::nullopt) == 13);
    CHECK(rows[1] == Row{"ab   ", "1.2.3.4", "t", "{\"a b\",NULL,\"\\\"\"}", "(,)", "[1,3)", "\\x00ff", "101",
                         "1 mon -02:00:00", "2023-12-31 22:00:00+00", "0.30000000000000004", "<a/>", "x"});
}

}  // namespace walferry
