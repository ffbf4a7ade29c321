#include <fmt/format.h>

#include "tests/integration/history_lines.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

using Lines = std::vector<std::string>;

constexpr const char* schema_change_all_targets =
    "  - match: public.*\n    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";

constexpr const char* schema_change_table_sql =
    "CREATE TABLE t (id integer PRIMARY KEY, v text NOT NULL, n integer, big text);"
    "ALTER TABLE t ALTER big SET STORAGE EXTERNAL;"
    "INSERT INTO t SELECT g, 'copied', g, repeat('1', 3000) FROM generate_series(1, 20) g";

Target each_target() {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    UNSCOPED_INFO(name_of(target));
    return target;
}

/// A pipeline of all three targets, of which each is compared with the source.
class ChangingShop {
 public:
    explicit ChangingShop(Target target, std::string tables = schema_change_all_targets,
                          std::string batch = "{ max_rows: 50 }", std::string more = "")
        : target_(target),
          shop_(target, {.tables = std::move(tables), .more = std::move(more), .batch = std::move(batch)}) {}

    void sql(const std::string& statements) const { shop_.sql(statements); }
    Ferry& ferry() { return *shop_.ferry; }
    const PgCluster& source() const { return shop_.source; }
    std::string catch_up() {
        const Completed completed = ferry().catch_up();
        return completed.exit == Exit{} ? "" : fmt::format("exit {}: {}", completed.exit.code, completed.err);
    }
    TargetReader reader() {
        if (target_ == Target::DuckDb) return TargetReader(ferry().duckdb_path());
        return TargetReader(PgDatabase{shop_.source, "warehouse"});
    }

    /// These columns of the table, of the current versions of its history, and of the newest rows of its log,
    /// where they are not the source's.
    std::string differences(const std::string& columns, const std::string& source = "t") {
        Lines expected;
        for (const auto& row : shop_.source.exec(fmt::format("SELECT {} FROM {}", columns, source), "shop")) {
            std::string line;
            for (const auto& field : row)
                line += (line.empty() ? "" : "|") + std::string(field.is_null() ? "NULL" : field.c_str());
            expected.push_back(line);
        }
        std::sort(expected.begin(), expected.end());
        const TargetReader warehouse = reader();
        std::string report;
        const auto compare = [&](const char* what, const std::string& select) {
            const Lines found = lines(warehouse, select);
            if (found == expected) return;
            report += fmt::format("{}: {} rows instead of {}\n", what, found.size(), expected.size());
            for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
                if (found[i] != expected[i])
                    report += fmt::format("  {} instead of {}\n", found[i], expected[i]);
            }
        };
        compare("upsert", fmt::format("SELECT {} FROM public.t", columns));
        compare("scd2", fmt::format("SELECT {} FROM public.t_history WHERE is_current", columns));
        return report;
    }

    /// In the history every key has one version at a time, without a gap since it began.
    Lines contradictions() {
        return lines(
            reader(),
            "SELECT a.id, a.valid_from AS one, b.valid_from AS other FROM public.t_history a JOIN "
            "public.t_history b ON a.id = b.id AND a.valid_from < b.valid_from AND (a.valid_to IS NULL OR "
            "a.valid_to > b.valid_from)");
    }

 private:
    Target target_;
    Shop shop_;
};

}  // namespace

TEST_CASE("columns that come, go and change their names are followed while walferry runs", "[schema]") {
    ChangingShop shop(each_target());
    shop.sql(schema_change_table_sql);
    Ferry& ferry = shop.ferry();
    ferry.start();
    REQUIRE(ferry.all_tables_are("streaming"));
    shop.sql("UPDATE t SET v = 'streamed' WHERE id = 1");
    shop.sql("ALTER TABLE t ADD COLUMN w integer DEFAULT 7");
    shop.sql("UPDATE t SET n = -1 WHERE id = 2; INSERT INTO t VALUES (21, 'new', 21, 'x', 8)");
    shop.sql("ALTER TABLE t RENAME n TO m; UPDATE t SET m = -2 WHERE id = 3; DELETE FROM t WHERE id = 4");
    shop.sql("ALTER TABLE t DROP COLUMN v; UPDATE t SET m = -3 WHERE id = 5");
    shop.sql("ALTER TABLE t ADD COLUMN note text; UPDATE t SET note = 'here' WHERE id < 8");
    INFO(ferry.log_tail());
    REQUIRE(ferry.caught_up());
    REQUIRE(ferry.stop() == Exit{0, 0});
    CHECK(shop.differences("id, m, big, w, note") == "");
    CHECK(lines(shop.reader(), "SELECT id, v FROM public.t WHERE id IN (1, 5, 10)") ==
          Lines{"10|copied", "1|NULL", "5|NULL"});
    CHECK(lines(shop.reader(), "SELECT _op, count(*) AS events FROM public.t_changes GROUP BY _op") ==
          Lines{"c|1", "d|1", "r|20", "u|10"});
    CHECK(shop.contradictions() == Lines{});
    CHECK(lines(shop.reader(), "SELECT count(*) AS versions FROM walferry.schema_history") == Lines{"5"});
    CHECK(shop.catch_up() == "");  // and a start finds all in order
}

TEST_CASE("several changes in one transaction, with rows between them, are one commit in the warehouse",
          "[schema]") {
    const char* batch = GENERATE("{ max_rows: 3 }", "{ max_rows: 2000 }");
    INFO(batch);
    ChangingShop shop(each_target(), schema_change_all_targets, batch);
    shop.sql(schema_change_table_sql);
    REQUIRE(shop.catch_up() == "");
    shop.sql(
        "BEGIN; UPDATE t SET v = 'a' WHERE id < 5; ALTER TABLE t ADD COLUMN w integer DEFAULT 7;"
        "UPDATE t SET v = 'b' WHERE id < 4; INSERT INTO t VALUES (30, 'x', 1, 'y', 1); ALTER TABLE t RENAME "
        "n TO m;"
        "UPDATE t SET m = -1 WHERE id BETWEEN 3 AND 9; DELETE FROM t WHERE id = 9; ALTER TABLE t DROP COLUMN "
        "v;"
        "UPDATE t SET m = -2 WHERE id = 10; INSERT INTO t VALUES (31, 2, 'z', 3); COMMIT");
    REQUIRE(shop.catch_up() == "");
    CHECK(shop.differences("id, m, big, w") == "");
    CHECK(shop.contradictions() == Lines{});
    CHECK(lines(shop.reader(), "SELECT count(*) AS rows_of_it FROM public.t_changes WHERE _op <> 'r'") ==
          Lines{"18"});
}

TEST_CASE("changes that were made while walferry was down are followed in the stream's order", "[schema]") {
    ChangingShop shop(each_target());
    shop.sql(schema_change_table_sql);
    REQUIRE(shop.catch_up() == "");
    shop.sql("UPDATE t SET v = 'old shape' WHERE id = 1; ALTER TABLE t RENAME v TO w");
    shop.sql("UPDATE t SET w = 'new name' WHERE id = 2; ALTER TABLE t ADD COLUMN x integer DEFAULT 3");
    shop.sql(
        "UPDATE t SET x = 4 WHERE id = 3; ALTER TABLE t DROP COLUMN n; INSERT INTO t VALUES (21, 'last', "
        "'b', 5)");
    const Completed checked = shop.ferry().command("check");
    INFO(checked.out << checked.err);
    CHECK(checked.exit == Exit{});
    REQUIRE(shop.catch_up() == "");
    CHECK(shop.differences("id, w, big, x") == "");
    CHECK(lines(shop.reader(), "SELECT _op, count(*) AS events FROM public.t_changes GROUP BY _op") ==
          Lines{"c|1", "r|20", "u|3"});
}

TEST_CASE("types widen in place, and a table that was rewritten is copied anew", "[schema]") {
    ChangingShop shop(each_target());
    shop.sql(schema_change_table_sql);
    Ferry& ferry = shop.ferry();
    ferry.start();
    REQUIRE(ferry.all_tables_are("streaming"));
    shop.sql("UPDATE t SET n = 100 WHERE id = 1");
    shop.sql("ALTER TABLE t ALTER n TYPE bigint USING n * 10; UPDATE t SET n = 5000000000 WHERE id = 2");
    shop.sql("ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid(); DELETE FROM t WHERE id = 3");
    REQUIRE(ferry.caught_up());
    INFO(ferry.log_tail());
    REQUIRE(ferry.stop() == Exit{0, 0});
    REQUIRE(shop.catch_up() == "");
    CHECK(shop.differences("id, v, n, big, u") == "");
    CHECK(shop.contradictions() == Lines{});
    CHECK(lines(shop.reader(), "SELECT DISTINCT n FROM public.t_history WHERE id = 1") ==
          Lines{"1", "100", "1000"});
}

TEST_CASE("readers of a table that is copied anew see its rows until the new ones are there", "[schema]") {
    ChangingShop shop(each_target());
    shop.sql(schema_change_table_sql);
    Ferry& ferry = shop.ferry();
    ferry.start();
    REQUIRE(ferry.all_tables_are("streaming"));
    // The copy waits for whoever writes at the source, once it has its targets ready.
    const auto writer = shop.source().connect("shop");
    auto transaction = std::make_unique<pqxx::work>(*writer);
    transaction->exec("SELECT txid_current()");
    shop.sql("ALTER TABLE t ALTER n TYPE bigint USING CASE WHEN id < 5 THEN -n ELSE n END");
    shop.sql("DELETE FROM t WHERE id = 20; INSERT INTO t VALUES (21, 'new', 21, '')");
    const auto seen = [&](const char* sql) { return ferry.command("sql", {sql, "--csv"}).out; };
    CHECK(eventually([&] { return ferry.log().find("a copy waits for transactions") != std::string::npos; }));
    CHECK(seen("SELECT count(*) AS c, sum(n) AS s FROM public.t") == "c,s\n20,210\n");
    const std::string lsn = seen("SELECT _walferry_lsn AS l FROM public.t WHERE id = 10");
    transaction->commit();
    transaction.reset();
    REQUIRE(ferry.caught_up());
    INFO(ferry.log_tail());
    CHECK(seen("SELECT count(*) AS c, sum(n) AS s FROM public.t") == "c,s\n20,191\n");
    CHECK(seen("SELECT _walferry_lsn AS l FROM public.t WHERE id = 10") == lsn);  // it was not touched
    REQUIRE(ferry.stop() == Exit{0, 0});
    CHECK(shop.differences("id, v, n, big") == "");
    CHECK(shop.contradictions() == Lines{});
}

TEST_CASE(
    "a rewrite without a change that the stream shows is found, while walferry runs and while it is down",
    "[schema]") {
    ChangingShop shop(each_target());
    shop.sql(schema_change_table_sql);
    const bool down = GENERATE(false, true);
    INFO((down ? "down" : "at work"));
    if (down) REQUIRE(shop.catch_up() == "");
    Ferry& ferry = shop.ferry();
    if (!down) {
        ferry.start();
        REQUIRE(ferry.all_tables_are("streaming"));
    }
    shop.sql("ALTER TABLE t ALTER n TYPE integer USING n * 10");
    if (!down) {
        CHECK(eventually([&] { return ferry.log().find("is copied anew") != std::string::npos; }));
        REQUIRE(ferry.stop() == Exit{0, 0});
    }
    REQUIRE(shop.catch_up() == "");
    CHECK(shop.differences("id, v, n, big") == "");
}

TEST_CASE("a partition that is attached with rows brings them, and one that is detached takes them away",
          "[schema]") {
    ChangingShop shop(each_target());
    shop.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); INSERT INTO t VALUES (1, 'one');"
        "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20); INSERT INTO t VALUES (11, 'eleven')");
    REQUIRE(shop.catch_up() == "");
    shop.sql("CREATE TABLE t3 PARTITION OF t FOR VALUES FROM (20) TO (30); INSERT INTO t VALUES (21, 'new')");
    REQUIRE(shop.catch_up() == "");
    CHECK(lines(shop.reader(), "SELECT count(*) AS copied FROM public.t_changes WHERE _op = 'r'") ==
          Lines{"2"});
    shop.sql(
        "CREATE TABLE t4 (LIKE t INCLUDING ALL); INSERT INTO t4 VALUES (31, 'brought');"
        "ALTER TABLE t ATTACH PARTITION t4 FOR VALUES FROM (30) TO (40); ALTER TABLE t DETACH PARTITION t1; "
        "DROP TABLE t1");
    REQUIRE(shop.catch_up() == "");
    CHECK(shop.differences("id, v") == "");
}

TEST_CASE("kills and restarts around changes of the schema lose and double nothing", "[schema]") {
    ChangingShop shop(each_target(), schema_change_all_targets, "{ max_rows: 5 }");
    shop.sql(schema_change_table_sql);
    Ferry& ferry = shop.ferry();
    ferry.start();
    REQUIRE(ferry.all_tables_are("streaming"));
    const char* changes[] = {
        "ALTER TABLE t ADD COLUMN a integer DEFAULT 1",
        "ALTER TABLE t RENAME a TO b",
        "BEGIN; ALTER TABLE t ADD COLUMN c text DEFAULT 'c'; UPDATE t SET c = 'set' WHERE id % 2 = 0; ALTER "
        "TABLE t RENAME c TO d; COMMIT",
        "ALTER TABLE t DROP COLUMN v",
        "ALTER TABLE t ALTER n TYPE bigint",
        "ALTER TABLE t ADD COLUMN e varchar(5) DEFAULT 'e'",
        "ALTER TABLE t ALTER e TYPE varchar(10)",
        "ALTER TABLE t DROP COLUMN b; ALTER TABLE t ADD COLUMN b integer DEFAULT 9",
    };
    int round = 0;
    for (const char* change : changes) {
        shop.sql(fmt::format("UPDATE t SET n = n + 1; DELETE FROM t WHERE id = {}", 1 + round));
        shop.sql(change);
        shop.sql(fmt::format("UPDATE t SET n = n + 1 WHERE id > {}; INSERT INTO t (id, n{}) VALUES ({}, 0{})",
                             round, round < 3 ? ", v" : "", 100 + round, round < 3 ? ", 'new'" : ""));
        if (round % 3 != 2) ferry.kill();
        if (round % 3 == 2) ferry.stop();
        ferry.start();
        ++round;
    }
    REQUIRE(ferry.caught_up());
    INFO(ferry.log_tail());
    REQUIRE(ferry.stop() == Exit{0, 0});
    REQUIRE(shop.catch_up() == "");
    CHECK(shop.differences("id, n, big, d, e, b") == "");
    CHECK(shop.contradictions() == Lines{});
    CHECK(lines(shop.reader(),
                "SELECT _lsn, _seq FROM public.t_changes WHERE _op <> 'r' GROUP BY _lsn, _seq HAVING "
                "count(*) > 1") == Lines{});
}

TEST_CASE("with on_drop: drop the targets have the source's columns", "[schema]") {
    ChangingShop shop(each_target(), "  - match: public.*\n    mode: upsert\n    on_drop: drop\n");
    shop.sql(schema_change_table_sql);
    REQUIRE(shop.catch_up() == "");
    shop.sql(
        "ALTER TABLE t DROP COLUMN v; ALTER TABLE t ADD COLUMN w text DEFAULT 'w'; DELETE FROM t WHERE id = "
        "1");
    REQUIRE(shop.catch_up() == "");
    CHECK(shop.ferry().differences() == "");
}

TEST_CASE("on_rewrite: stop ends the run, and the next one goes on once the rule allows it", "[schema]") {
    ChangingShop shop(each_target(), "  - match: public.*\n    mode: upsert\n    on_rewrite: stop\n");
    shop.sql(schema_change_table_sql);
    REQUIRE(shop.catch_up() == "");
    shop.sql("ALTER TABLE t ALTER n TYPE bigint; UPDATE t SET n = 0 WHERE id = 1");
    const Completed stopped = shop.ferry().catch_up();
    CHECK(stopped.exit.code == 3);
    CHECK(stopped.err.find("on_rewrite: resync") != std::string::npos);
}

TEST_CASE("a masked column that is renamed stops the pipeline before a clear value is anywhere", "[schema]") {
    ChangingShop shop(each_target(), "  - match: public.*\n    mode: upsert\n    mask_columns: [v]\n");
    shop.sql(schema_change_table_sql);
    REQUIRE(shop.catch_up() == "");
    shop.sql("ALTER TABLE t RENAME v TO w; INSERT INTO t VALUES (21, 'secret', 1, 'x')");
    CHECK(shop.ferry().catch_up().exit.code == 3);
    CHECK(lines(shop.reader(), "SELECT count(*) AS clear FROM public.t WHERE v <> '****'") == Lines{"0"});
}

TEST_CASE("a masked column that is dropped is followed", "[schema]") {
    ChangingShop shop(each_target(), "  - match: public.*\n    mode: upsert\n    mask_columns: [v]\n");
    shop.sql(schema_change_table_sql);
    REQUIRE(shop.catch_up() == "");
    shop.sql("ALTER TABLE t DROP COLUMN v; UPDATE t SET n = -1 WHERE id = 1");
    REQUIRE(shop.catch_up() == "");
    CHECK(lines(shop.reader(), "SELECT v, n FROM public.t WHERE id IN (1, 2)") == Lines{"****|2", "NULL|-1"});
}

TEST_CASE("a renamed table keeps its targets", "[schema]") {
    ChangingShop shop(each_target());
    shop.sql(schema_change_table_sql);
    REQUIRE(shop.catch_up() == "");
    shop.sql(
        "ALTER TABLE t RENAME TO renamed; UPDATE renamed SET v = 'x' WHERE id = 1; INSERT INTO renamed "
        "VALUES (21, 'y')");
    REQUIRE(shop.catch_up() == "");
    CHECK(shop.differences("id, v, n, big", "renamed") == "");
    shop.sql("ALTER TABLE renamed ADD COLUMN w integer DEFAULT 2; DELETE FROM renamed WHERE id = 2");
    REQUIRE(shop.catch_up() == "");
    CHECK(shop.differences("id, v, n, big, w", "renamed") == "");
    CHECK(lines(shop.reader(), "SELECT count(*) AS copied FROM public.t_changes WHERE _op = 'r'") ==
          Lines{"20"});
}

TEST_CASE("the outbox announces a changed schema to every target's readers", "[schema]") {
    ChangingShop shop(each_target(), schema_change_all_targets, "{ max_rows: 50 }",
                      "outbox: { exec: \"cat > /dev/null\" }\n");
    shop.sql(schema_change_table_sql);
    REQUIRE(shop.catch_up() == "");
    shop.sql("ALTER TABLE t ADD COLUMN w integer DEFAULT 7; DELETE FROM t WHERE id = 1");
    REQUIRE(shop.catch_up() == "");
    CHECK(lines(shop.reader(), "SELECT target_table FROM walferry.outbox WHERE kind = 'schema_changed'") ==
          Lines{"public.t", "public.t_changes", "public.t_history"});
}
