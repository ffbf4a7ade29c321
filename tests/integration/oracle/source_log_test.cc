#include "tests/integration/oracle/source_log.h"

#include <fmt/format.h>

#include "tests/integration/oracle/expected_history.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

/// `TRANSACTION.CHANGE op before -> after`, transactions counted from 1.
std::vector<std::string> lines_of(const SourceLog& log, const std::string& table) {
    std::vector<std::string> lines;
    for (const SourceEvent& event : log.events(log.tables().index_of(table)))
        lines.push_back(fmt::format("{}.{} {} {} -> {}", event.transaction + 1, event.ordinal, event.op,
                                    to_string(event.before), to_string(event.after)));
    return lines;
}

std::string with_commit_time(const std::string& time, const std::string& statement) {
    return "BEGIN; SELECT pg_replication_origin_xact_setup('0/1', '" + time + "');" + statement + "; COMMIT;";
}

/// Transactions counted from 1 in place of times; `copy` for the first copy.
std::vector<std::string> timeline(const SourceLog& log, const std::string& table, const Seam& seam,
                                  const std::vector<std::size_t>& tracked = {}) {
    std::map<Instant, std::string> names = {{-5, "copy"}};
    for (std::size_t i = 0; i < log.transactions().size(); ++i)
        names.emplace(log.transactions()[i].commit, std::to_string(i + 1));
    std::vector<std::string> lines;
    for (const Version& version : expected_history(log, log.tables().index_of(table), seam, -5, tracked))
        lines.push_back(fmt::format("{} {}..{}", to_string(version.values), names.at(version.from),
                                    version.to ? names.at(*version.to) : ""));
    std::sort(lines.begin(), lines.end());
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("rows are rebuilt from what the source sent, unchanged out-of-line values from the row before",
          "[oracle]") {
    const PgCluster cluster;
    cluster.create_database("shop");
    SourceLog log({cluster, "shop"});
    cluster.exec(
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, big text); ALTER TABLE t ALTER big SET STORAGE "
        "EXTERNAL;"
        "CREATE TABLE f (a integer, big text); ALTER TABLE f REPLICA IDENTITY FULL, ALTER big SET STORAGE "
        "EXTERNAL",
        "shop");
    const std::string big = "repeat('x', 5000)";
    cluster.exec("INSERT INTO t VALUES (1, 0, " + big + "), (2, NULL, 'short')", "shop");
    cluster.exec("UPDATE t SET n = 1 WHERE id = 1", "shop");
    cluster.exec("BEGIN; UPDATE t SET id = 3, n = 2 WHERE id = 1; UPDATE t SET n = 3 WHERE id = 3; COMMIT",
                 "shop");
    cluster.exec("DELETE FROM t WHERE id = 2", "shop");
    cluster.exec("INSERT INTO f VALUES (1, " + big + "), (1, " + big + "), (NULL, NULL)", "shop");
    cluster.exec("UPDATE f SET a = 2 WHERE ctid = '(0,1)'", "shop");
    cluster.exec("DELETE FROM f WHERE a IS NULL", "shop");
    cluster.exec(
        "BEGIN; INSERT INTO t VALUES (9, 9, '9'); TRUNCATE t, f; INSERT INTO t VALUES (9, 9, '9'); COMMIT",
        "shop");
    log.read();

    const std::string x = to_string(log.pool().value(std::string(5000, 'x')));
    CHECK(lines_of(log, "public.t") ==
          Lines{"1.0 c  -> 1|0|" + x, "1.1 c  -> 2|NULL|short", "2.0 u 1|0|" + x + " -> 1|1|" + x,
                "3.0 u 1|1|" + x + " -> 3|2|" + x, "3.1 u 3|2|" + x + " -> 3|3|" + x,
                "4.0 d 2|NULL|short -> ", "8.0 c  -> 9|9|9", "8.1 t  -> ", "8.2 c  -> 9|9|9"});
    CHECK(lines_of(log, "public.f") == Lines{"5.0 c  -> 1|" + x, "5.1 c  -> 1|" + x, "5.2 c  -> NULL|NULL",
                                             "6.0 u 1|" + x + " -> 2|" + x, "7.0 d NULL|NULL -> ",
                                             "8.1 t  -> "});
    const SourceTransaction& first = log.transactions().front();
    CHECK(first.last_change < first.end);
    CHECK(log.began() <= first.commit);
    CHECK(first.commit <= log.now());
}

TEST_CASE("partitions are their root, generated columns are absent, and a truncate counts once a table",
          "[oracle]") {
    const PgCluster cluster;
    cluster.create_database("shop");
    SourceLog log({cluster, "shop"});
    cluster.exec(
        "CREATE TABLE p (id integer, part integer, v text, PRIMARY KEY (part, id)) PARTITION BY LIST (part);"
        "CREATE TABLE p_0 PARTITION OF p FOR VALUES IN (0);"
        "CREATE TABLE p_1 (v text, part integer NOT NULL, id integer NOT NULL);"
        "ALTER TABLE p ATTACH PARTITION p_1 FOR VALUES IN (1);"
        "CREATE TABLE g (id integer PRIMARY KEY, twice integer GENERATED ALWAYS AS (id * 2) STORED);",
        "shop");
    cluster.exec("INSERT INTO p VALUES (1, 0, 'a'); INSERT INTO g VALUES (4)", "shop");
    cluster.exec("UPDATE p SET part = 1", "shop");
    cluster.exec("TRUNCATE p", "shop");
    cluster.exec("TRUNCATE p_1", "shop");
    log.read();
    CHECK(lines_of(log, "public.p") ==
          Lines{"1.0 c  -> 1|0|a", "2.0 d 1|0|a -> ", "2.1 c  -> 1|1|a", "3.0 t  -> "});
    CHECK(lines_of(log, "public.g") == Lines{"1.1 c  -> 4"});
}

TEST_CASE("values of every type get the form that both warehouses can be brought into", "[oracle]") {
    const PgCluster cluster;
    cluster.create_database("shop");
    SourceLog log({cluster, "shop"});
    cluster.exec(
        "CREATE DOMAIN day AS date; CREATE TYPE mood AS ENUM ('sad');"
        "CREATE TABLE t (id integer PRIMARY KEY, ok boolean, b bytea, d day, ts timestamptz, span interval, "
        "m money,"
        " f real, bits varbit, moods mood[], times timestamp[], j json, c char(3))",
        "shop");
    cluster.exec(
        "SET timezone = 'Asia/Kolkata'; SET datestyle = 'SQL, DMY';"
        "INSERT INTO t VALUES (1, true, '\\x00ff', '1970-02-01', '1970-01-01 00:00:01+00', '1 mon -1 day', "
        "'-1234.5',"
        " 1.1, B'01', '{sad,NULL}', '{1970-01-01 00:00:00.5}', '{\"a\":  1.10}', 'x');"
        "INSERT INTO t (id, ts, f, moods) VALUES (2, 'infinity', 'NaN', '{}')",
        "shop");
    log.read();
    CHECK(lines_of(log, "public.t") ==
          Lines{"1.0 c  -> "
                "1|true|00ff|31|1000000|1/-1/0|-1234.50|0x1.19999ap+0|01|[sad\x02\x01]|[500000]|{\"a\":  "
                "1.10}|x  ",
                "1.1 c  -> 2|NULL|NULL|NULL|infinity|NULL|NULL|nan|NULL|[]|NULL|NULL|NULL"});
}

TEST_CASE("the expected history has one version a key and transaction, and none for what nobody saw",
          "[oracle]") {
    const PgCluster cluster;
    cluster.create_database("shop");
    SourceLog log({cluster, "shop"});
    cluster.exec("CREATE TABLE t (id integer PRIMARY KEY, v text, n integer)", "shop");
    for (const char* transaction :
         {"INSERT INTO t VALUES (1, 'a', 0), (2, 'b', 0), (3, 'c', 0), (4, 'd', 0)",
          "UPDATE t SET v = 'not seen' WHERE id = 1; UPDATE t SET v = 'a2' WHERE id = 1;"
          "INSERT INTO t VALUES (8, 'x', 0); DELETE FROM t WHERE id = 8",
          "UPDATE t SET n = 1 WHERE id = 1",
          "UPDATE t SET id = -1 WHERE id = 1; UPDATE t SET id = 1 WHERE id = 2; UPDATE t SET id = 2 WHERE id "
          "= -1",
          "DELETE FROM t WHERE id = 3; UPDATE t SET id = 5 WHERE id = 4", "INSERT INTO t VALUES (3, 'c', 0)",
          "CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM t WHERE id < 3; TRUNCATE t;"
          "INSERT INTO t SELECT * FROM kept"}) {
        cluster.exec(std::string("BEGIN; ") + transaction + "; COMMIT", "shop");
    }
    log.read();
    const Seam first{{0}};
    CHECK(timeline(log, "public.t", first) == Lines{"1|a2|0 2..3", "1|a2|1 3..4", "1|a|0 copy..2",
                                                    "1|b|0 4..", "2|a2|1 4..", "2|b|0 copy..4", "3|c|0 6..7",
                                                    "3|c|0 copy..5", "4|d|0 copy..5", "5|d|0 5..7"});
    CHECK(timeline(log, "public.t", first, {1}) == Lines{"1|a2|0 2..4", "1|a|0 copy..2", "1|b|0 4..",
                                                         "2|a2|1 4..", "2|b|0 copy..4", "3|c|0 6..7",
                                                         "3|c|0 copy..5", "4|d|0 copy..5", "5|d|0 5..7"});
    CHECK(timeline(log, "public.t", {{0, 1, 2, 3, 4, 5}}) ==
          Lines{"1|b|0 copy..", "2|a2|1 copy..", "3|c|0 copy..7", "5|d|0 copy..7"});
}

TEST_CASE("a commit time earlier than the version before is raised in the expected history", "[oracle]") {
    const PgCluster cluster;
    cluster.create_database("shop");
    SourceLog log({cluster, "shop"});
    cluster.exec(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); SELECT pg_replication_origin_create('clock')",
        "shop");
    const auto connection = cluster.connect("shop");
    pqxx::nontransaction session(*connection);
    session.exec("SELECT pg_replication_origin_session_setup('clock')");
    session.exec(with_commit_time("2024-01-01 00:00:10+00", "INSERT INTO t VALUES (1, 'a'), (2, 'b')"));
    session.exec(with_commit_time("2024-01-01 00:00:05+00", "UPDATE t SET v = 'a2' WHERE id = 1"));
    session.exec(with_commit_time("2024-01-01 00:00:20+00", "DELETE FROM t"));
    session.exec(with_commit_time("2024-01-01 00:00:15+00", "INSERT INTO t VALUES (1, 'a3'), (3, 'c')"));
    log.read();
    CHECK(log.transactions()[1].commit < log.transactions()[0].commit);
    CHECK(timeline(log, "public.t", {}) == Lines{"1|a 1..1", "1|a2 1..3", "1|a3 3..", "2|b 1..3", "3|c 4.."});
}

TEST_CASE("the log of a random load, replayed, gives the rows of the source", "[oracle]") {
    PgCluster cluster({.fsync = true});
    cluster.create_database("shop");
    SourceLog log({cluster, "shop"});
    cluster.exec(workload_tables_sql(), "shop");
    Workload workload(cluster, "shop", {.seed = 31, .large_rows = 25'000});
    workload.run(60);
    log.read();
    workload.run(60);
    cluster.restart(StopMode::Immediate);
    workload.run(20);
    log.read();
    Seam all;
    for (std::size_t i = 0; i < log.transactions().size(); ++i) all.copied.insert(i);
    const auto connection = cluster.connect("shop");
    pqxx::nontransaction session(*connection);
    set_oracle_session(session);
    for (std::size_t index = 0; index < log.tables().all().size(); ++index) {
        const OracleTable& table = log.tables()[index];
        std::string list;
        for (const SourceValueType& column : table.columns)
            list += (list.empty() ? "" : ", ") + postgres_canonical(column);
        RowCounts rows;
        for (const auto& found : session.exec("SELECT " + list + " FROM " + table.sql())) {
            std::vector<std::optional<std::string>> texts;
            for (const auto& field : found)
                texts.push_back(field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str()));
            normalise_floats(table.columns, texts);
            ++rows[log.pool().row(texts)];
        }
        INFO(table.text());
        CHECK_FALSE(log.events(index).empty());
        CHECK((rows == rows_at(log, index, all)));
    }
}
