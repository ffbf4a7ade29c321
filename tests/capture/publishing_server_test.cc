#include "capture/pgoutput/pgoutput_source.h"
#include "capture/snapshot/snapshot_reader.h"
#include "capture/source_catalog.h"
#include "tests/capture/described_table.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"
#include "tests/support/pg_cluster.h"

namespace walferry {
namespace {

using testing::must;

testing::PgCluster& publishing_source() {
    static testing::PgCluster cluster;
    return cluster;
}

SourceTable described(const std::string& name) {
    return testing::described_table(*publishing_source().connect(), "public", name);
}

std::size_t copied_rows(const SnapshotHolder& holder, SnapshotHolder& planner, const SourceTable& table) {
    const auto reader = must(open_copy_reader(publishing_source().url(), holder.name()));
    std::size_t rows = 0;
    for (const CopyChunk& chunk : must(planner.plan(table, 1000))) {
        must(reader->start(table, chunk, std::vector<bool>(table.columns.size(), true)));
        while (must(reader->next())) ++rows;
    }
    return rows;
}

std::size_t streamed_inserts(const std::string& slot, const std::string& publication, Lsn start, Lsn end) {
    const auto source = must(start_pgoutput({publishing_source().url(), slot, publication, start}));
    must(source->request_position());
    std::size_t inserts = 0;
    while (true) {
        const SourceEvent event = must(source->next());
        if (std::holds_alternative<ChangeEvent>(event)) ++inserts;
        const auto* keepalive = std::get_if<Keepalive>(&event);
        if (keepalive != nullptr && keepalive->position >= end) return inserts;
        if (!std::holds_alternative<NothingYet>(event)) continue;
        source->wait(-1, std::chrono::milliseconds(50));
        must(source->request_position());
    }
}

TEST_CASE("a slot's own snapshot and its stream are all rows, each once") {
    auto& cluster = publishing_source();
    cluster.exec("CREATE TABLE met (id int PRIMARY KEY)");
    cluster.exec("INSERT INTO met SELECT generate_series(1, 100)");
    cluster.exec("CREATE PUBLICATION met FOR TABLE met");
    const SourceTable table = described("met");
    auto slot = must(create_slot_with_snapshot(cluster.url(), "met"));
    cluster.exec("INSERT INTO met SELECT generate_series(101, 150)");
    const auto holder = must(import_snapshot(cluster.url(), slot->snapshot(), {table}));
    const Lsn start = slot->consistent_point();
    slot.reset();  // the holder has exported it once more
    cluster.exec("INSERT INTO met SELECT generate_series(151, 170)");
    CHECK(copied_rows(*holder, *holder, table) == 100);
    CHECK(streamed_inserts("met", "met", start, *parse_lsn(cluster.value("SELECT pg_current_wal_lsn()"))) ==
          70);
}

TEST_CASE("a table that was rewritten or altered between a snapshot and its import is refused as busy") {
    auto& cluster = publishing_source();
    for (const std::string statement : {"TRUNCATE changing", "ALTER TABLE changing ALTER v TYPE text",
                                        "ALTER TABLE changing RENAME v TO w"}) {
        INFO(statement);
        cluster.exec("DROP TABLE IF EXISTS changing");
        cluster.exec("CREATE TABLE changing (id int PRIMARY KEY, v int)");
        cluster.exec("INSERT INTO changing VALUES (1, 1)");
        const SourceTable before = described("changing");
        const auto slot = must(create_slot_with_snapshot(cluster.url(), "changing"));
        CHECK(import_snapshot(cluster.url(), slot->snapshot(), {before}).has_value());
        cluster.exec(statement);
        // Described as it is by now, it is another one than in the snapshot; as it was, it was rewritten.
        const auto late = import_snapshot(cluster.url(), slot->snapshot(), {described("changing")});
        REQUIRE(late.has_error());
        CHECK(late.error().kind == ErrorKind::Busy);
        cluster.exec("SELECT pg_drop_replication_slot('changing')");
    }
}

TEST_CASE("a table's facts are its columns and the key that Debezium takes") {
    auto& cluster = publishing_source();
    const auto catalog = must(connect_source_catalog(cluster.url()));
    cluster.exec(
        "CREATE TABLE facts (b int NOT NULL, a int NOT NULL, c text DEFAULT 'x', gone int, "
        "g int GENERATED ALWAYS AS (a + 1) STORED)");
    cluster.exec("ALTER TABLE facts DROP gone");
    const auto id = static_cast<RelationId>(std::stoul(cluster.value("SELECT 'facts'::regclass::oid")));
    const auto facts = [&] { return must(catalog->table_facts(id)).value(); };
    REQUIRE(facts().columns.size() == 4);
    CHECK(facts().columns[0].name == "b");
    CHECK(facts().columns[0].not_null);
    CHECK_FALSE(facts().columns[2].not_null);
    CHECK(facts().columns[2].default_expression == "'x'::text");
    CHECK(facts().columns[3].generated);
    CHECK(facts().columns[3].default_expression.empty());
    using Names = std::vector<std::string>;
    CHECK(facts().key.empty());
    cluster.exec("CREATE UNIQUE INDEX partial ON facts (b) WHERE a > 0");
    cluster.exec("CREATE UNIQUE INDEX expression ON facts ((a + b))");
    CHECK(facts().key.empty());
    cluster.exec("CREATE UNIQUE INDEX second ON facts (a, b) INCLUDE (c)");
    CHECK(facts().key == Names{"a", "b"});
    cluster.exec("CREATE UNIQUE INDEX first ON facts (b)");
    CHECK(facts().key == Names{"b"});
    cluster.exec("CLUSTER facts USING second");
    CHECK(facts().key == Names{"a", "b"});
    cluster.exec("ALTER TABLE facts ADD PRIMARY KEY (c)");
    CHECK(facts().key == Names{"c"});
    cluster.exec("DROP TABLE facts");
    CHECK_FALSE(must(catalog->table_facts(id)));
}

TEST_CASE("labels of enums come in the enum's order") {
    auto& cluster = publishing_source();
    const auto catalog = must(connect_source_catalog(cluster.url()));
    cluster.exec("CREATE TYPE size AS ENUM ('small', 'large')");
    cluster.exec("ALTER TYPE size ADD VALUE 'medium' BEFORE 'large'");
    const auto id = static_cast<std::uint32_t>(std::stoul(cluster.value("SELECT 'size'::regtype::oid")));
    CHECK(must(catalog->enum_labels({id, 23})) == EnumLabels{{id, {"small", "medium", "large"}}});
    CHECK(must(catalog->enum_labels({})).empty());
}

TEST_CASE("logical messages come when they are asked for, and only then") {
    auto& cluster = publishing_source();
    if (cluster.major_version() < 14) return;
    cluster.exec("CREATE TABLE quiet (id int PRIMARY KEY)");
    cluster.exec("CREATE PUBLICATION messages FOR TABLE quiet");
    const Lsn start = must(create_slot(cluster.url(), "messages"));
    cluster.exec("SELECT pg_logical_emit_message(false, 'p', 'outside')");
    cluster.exec("SELECT pg_logical_emit_message(true, 'p', 'inside')");
    const Lsn end = *parse_lsn(cluster.value("SELECT pg_current_wal_lsn()"));
    for (const bool asked : {true, false}) {
        PgoutputOptions options{cluster.url(), "messages", "messages", start};
        options.messages = asked;
        const auto source = must(start_pgoutput(options));
        must(source->request_position());
        std::vector<std::string> seen;
        for (bool done = false; !done;) {
            const SourceEvent event = must(source->next());
            if (const auto* message = std::get_if<LogicalMessage>(&event))
                seen.push_back(std::string(message->content) + (message->transactional ? " t" : ""));
            const auto* keepalive = std::get_if<Keepalive>(&event);
            done = keepalive != nullptr && keepalive->position >= end;
            if (!std::holds_alternative<NothingYet>(event)) continue;
            source->wait(-1, std::chrono::milliseconds(50));
            must(source->request_position());
        }
        CHECK(seen == (asked ? std::vector<std::string>{"outside", "inside t"} : std::vector<std::string>{}));
    }
}

}  // namespace
}  // namespace walferry
