#include "capture/source_catalog.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"
#include "tests/support/pg_cluster.h"

using namespace walferry;
using walferry::testing::must;
using walferry::testing::PgCluster;

namespace {

struct Evidence {
    Evidence() {
        cluster.exec("SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }

    RelationId id(const std::string& table) const {
        return static_cast<RelationId>(std::stoul(cluster.value("SELECT '" + table + "'::regclass::oid")));
    }
    TableEvidence of(const std::string& table) { return must(catalog->evidence(id(table))).value(); }
    std::string missing(const std::string& table, const std::string& column) {
        const TableEvidence evidence = of(table);
        REQUIRE(evidence.column(column) != nullptr);
        return evidence.column(column)->missing.value_or("none");
    }

    static PgCluster cluster;
    std::unique_ptr<SourceCatalog> catalog = must(connect_source_catalog(cluster.url()));
};

PgCluster Evidence::cluster;

}  // namespace

TEST_CASE_METHOD(Evidence,
                 "evidence has a table's columns as they are now, the dropped ones by their attnum") {
    cluster.exec(
        "CREATE TABLE \"T\" (id int PRIMARY KEY, gone text, d numeric(10,2) NOT NULL, g int GENERATED ALWAYS "
        "AS (id + "
        "1) STORED); ALTER TABLE \"T\" DROP COLUMN gone; ALTER TABLE \"T\" RENAME d TO \"E e\"");
    const TableEvidence evidence = of("\"T\"");
    CHECK(evidence.schema == "public");
    CHECK(evidence.name == "T");
    CHECK(evidence.identity == ReplicaIdentity::Default);
    REQUIRE(evidence.columns.size() == 4);
    CHECK(evidence.column(std::int16_t{2})->column.dropped);
    CHECK(evidence.column("gone") == nullptr);
    const ColumnEvidence* column = evidence.column("E e");
    REQUIRE(column != nullptr);
    CHECK(column->column.attnum == 3);
    CHECK(column->column.not_null);
    CHECK(column->column.type.sql == "numeric(10,2)");
    CHECK_FALSE(column->generated);
    CHECK(evidence.column("g")->generated);
    CHECK(evidence.column("id")->column.in_primary_key);
    CHECK(evidence.column("id")->column.in_identity);
    CHECK_FALSE(column->column.in_identity);
    CHECK_FALSE(must(catalog->evidence(4'000'000'000u)).has_value());
}

TEST_CASE_METHOD(Evidence, "the value that older rows have in a new column is told in the type's text form") {
    cluster.exec("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
    const std::pair<const char*, const char*> defaults[] = {
        {"int DEFAULT 5", "5"},
        {"text DEFAULT 'a \"b\", {c}\\d''e'", "a \"b\", {c}\\d'e"},
        {"text DEFAULT ''", ""},
        {"text DEFAULT 'NULL'", "NULL"},
        {"int[] DEFAULT '{1,NULL,3}'", "{1,NULL,3}"},
        {"box DEFAULT '(1,1),(0,0)'", "(1,1),(0,0)"},
        {"timestamptz DEFAULT '2001-02-03 04:05:06+02'", "2001-02-03 02:05:06+00"},
        {"bytea DEFAULT '\\x00ff'", "\\x00ff"},
        {"boolean DEFAULT true", "t"},
        {"int", "none"},
        {"float8 DEFAULT random()", "none"},
    };
    for (const auto& [type, value] : defaults) {
        INFO(type);
        cluster.exec(std::string("ALTER TABLE t DROP COLUMN IF EXISTS c; ALTER TABLE t ADD COLUMN c ") +
                     type);
        CHECK(missing("t", "c") == value);
    }
}

TEST_CASE_METHOD(Evidence,
                 "a rewrite shows in the file node; what altered a column shows in its mark as well") {
    cluster.exec("CREATE TABLE t (id int PRIMARY KEY, v int, w int); INSERT INTO t VALUES (1, 1)");
    const RelationId t = id("t");
    const TableStorage before = must(catalog->storage({t})).at(t);
    CHECK(of("t").storage == before);
    REQUIRE(before.leaves.size() == 1);
    CHECK(before.marks.size() == 3);
    CHECK(before.last_attnum == 3);

    cluster.exec("INSERT INTO t VALUES (2, 2); ALTER TABLE t ADD COLUMN x int");
    TableStorage now = must(catalog->storage({t})).at(t);
    CHECK(now.leaves == before.leaves);
    CHECK(now.marks.at(2) == before.marks.at(2));

    cluster.exec("VACUUM FULL t");
    cluster.exec("TRUNCATE t");
    now = must(catalog->storage({t})).at(t);
    CHECK(now.leaves.at(t).file_node != before.leaves.at(t).file_node);
    CHECK(now.marks.at(2) == before.marks.at(2));

    cluster.exec("ALTER TABLE t ALTER v TYPE int USING v + 1");
    now = must(catalog->storage({t})).at(t);
    CHECK(now.marks.at(2) != before.marks.at(2));
    CHECK(now.marks.at(1) == before.marks.at(1));
    CHECK(must(catalog->storage({4'000'000'000u})).empty());
}

TEST_CASE_METHOD(Evidence, "a column with a missing value has no mark, since VACUUM FULL alters it too") {
    cluster.exec(
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN c int DEFAULT 5");
    CHECK(of("t").storage.marks.contains(1));
    CHECK_FALSE(of("t").storage.marks.contains(2));
}

TEST_CASE_METHOD(Evidence, "a partition that was made as one is told from a table that was attached") {
    cluster.exec(
        "CREATE TABLE root (id int NOT NULL DEFAULT 7, v text NOT NULL DEFAULT 'x', PRIMARY KEY (id)) "
        "PARTITION BY RANGE "
        "(id); CREATE TABLE made PARTITION OF root FOR VALUES FROM (0) TO (10);"
        "CREATE TABLE sub PARTITION OF root FOR VALUES FROM (100) TO (200) PARTITION BY RANGE (id);"
        "CREATE TABLE deep PARTITION OF sub FOR VALUES FROM (100) TO (110)");
    cluster.exec("CREATE TABLE attached (LIKE root INCLUDING ALL); INSERT INTO attached VALUES (15)");
    cluster.exec("ALTER TABLE root ATTACH PARTITION attached FOR VALUES FROM (10) TO (20)");
    cluster.exec(
        "BEGIN; CREATE TABLE at_once (LIKE root INCLUDING ALL); INSERT INTO at_once VALUES (25);"
        "ALTER TABLE root ATTACH PARTITION at_once FOR VALUES FROM (20) TO (30); COMMIT");
    const TableStorage storage = of("root").storage;
    CHECK(storage.leaves.size() == 4);
    CHECK(storage.leaves.at(id("made")).made_as_partition);
    CHECK(storage.leaves.at(id("deep")).made_as_partition);
    CHECK_FALSE(storage.leaves.at(id("attached")).made_as_partition);
    CHECK_FALSE(storage.leaves.at(id("at_once")).made_as_partition);
    CHECK_FALSE(must(catalog->is_empty(id("attached"))));
    CHECK(must(catalog->is_empty(id("made"))));
    cluster.exec(
        "ALTER TABLE root DETACH PARTITION made; ALTER TABLE root ATTACH PARTITION made FOR VALUES FROM (0) "
        "TO (10)");
    CHECK_FALSE(of("root").storage.leaves.at(id("made")).made_as_partition);
}

TEST_CASE_METHOD(Evidence, "types are looked up by what the stream calls them, domains down to their base") {
    cluster.exec("CREATE DOMAIN price AS numeric(8,3); CREATE TYPE mood AS ENUM ('a')");
    const auto oid = [&](const std::string& type) {
        return static_cast<std::uint32_t>(std::stoul(cluster.value("SELECT '" + type + "'::regtype::oid")));
    };
    const auto types =
        must(catalog->types({{oid("price"), -1}, {4'000'000'000u, -1}, {oid("mood[]"), -1}, {1043, 24}}));
    REQUIRE(types.size() == 4);
    CHECK(types[0]->sql == "numeric(8,3)");
    CHECK_FALSE(types[1].has_value());
    CHECK(types[2]->element_kind == 'e');
    CHECK(types[3]->sql == "character varying(20)");
    CHECK(must(catalog->types({})).empty());
}
