#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/integration/history_lines.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

using Lines = std::vector<std::string>;

constexpr const char* history_three_targets =
    "  - match: public.*\n    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";

constexpr const char* two_rows =
    "CREATE TABLE t (id integer PRIMARY KEY, v text, n integer, big text);"
    "ALTER TABLE t ALTER big SET STORAGE EXTERNAL;"
    "INSERT INTO t VALUES (1, 'a', 0, repeat('1', 3000)), (2, 'b', 0, repeat('2', 3000))";

const HistoryTarget t_history{.name = {"public", "t_history"}};

/// Exit code 3 within the time, with all of `words` in the message.
void check_refused(const JudgedShop& judged, const std::vector<std::string>& words) {
    const Completed completed = judged.shop.ferry->catch_up();
    INFO(completed.err);
    CHECK(completed.exit.code == 3);
    for (const std::string& word : words) CHECK_THAT(completed.err, CONTAINS_TEXT(word));
}

/// A commit of the statement whose commit time, as the stream carries it, is this.
void commit_at(pqxx::nontransaction& session, const std::string& time, const std::string& statement) {
    session.exec("BEGIN; SELECT pg_replication_origin_xact_setup('0/1', '" + time + "'); " + statement +
                 "; COMMIT");
}

}  // namespace

TEST_CASE("the first copy's rows begin at one time of the source's clock and are the log's first",
          "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target, history_three_targets);
    judged.sql(two_rows);
    const Instant before = judged.log.now();
    REQUIRE(judged.catch_up() == "");
    const Instant after = judged.log.now();
    const TargetReader reader = judged.reader();
    CHECK(history_lines(reader, t_history) == Lines{"1|a|0|1 0..", "2|b|0|2 0.."});
    CHECK(lines(reader,
                "SELECT _op, id, v, n, length(big) AS size, _old_key, _unchanged FROM public.t_changes") ==
          Lines{"r|1|a|0|3000|NULL|NULL", "r|2|b|0|3000|NULL|NULL"});
    const Rows from = reader.rows("SELECT DISTINCT " + reader.instant("valid_from") +
                                  " AS version_from FROM public.t_history");
    REQUIRE(from.size() == 1);
    CHECK(std::stoll(from[0][0].value()) >= before);
    CHECK(std::stoll(from[0][0].value()) <= after);
    CHECK(judged.verdict("public.t") == "");
}

TEST_CASE("an event carries its transaction's position, number, time and its own place in it", "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target, history_three_targets);
    judged.sql(std::string(two_rows) + "; CREATE TABLE u (id integer PRIMARY KEY)");
    REQUIRE(judged.catch_up() == "");
    judged.sql(
        "BEGIN; INSERT INTO u VALUES (1); UPDATE t SET n = 1 WHERE id = 1; INSERT INTO u VALUES (2);"
        "DELETE FROM t WHERE id = 2; COMMIT");
    REQUIRE(judged.catch_up() == "");
    const TargetReader reader = judged.reader();
    CHECK(lines(reader, "SELECT _seq, _op, id FROM public.t_changes WHERE _op <> 'r'") ==
          Lines{"1|u|1", "3|d|2"});
    CHECK(lines(reader, "SELECT _seq, _op, id FROM public.u_changes WHERE _op <> 'r'") ==
          Lines{"0|c|1", "2|c|2"});
    judged.log.read();
    Judge judge(judged.log, reader);
    CHECK(judge.default_target_differences("public.t") == "");
    CHECK(judge.default_target_differences("public.u") == "");
    CHECK(judge.sequence_differences() == "");
}

TEST_CASE("an update of untracked columns adds no version, under names of the configuration's choice",
          "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target,
                      "  - match: public.t\n"
                      "    targets:\n"
                      "      - { mode: upsert }\n"
                      "      - { mode: scd2, table: t_past, track: [v], first_valid_from: beginning,\n"
                      "          names: { valid_from: since, valid_to: until_when, is_current: is_now } }\n"
                      "      - { mode: append, table: t_log }\n");
    judged.sql(two_rows);
    REQUIRE(judged.catch_up() == "");
    judged.sql("UPDATE t SET n = 1 WHERE id = 1");
    judged.sql("UPDATE t SET n = 2, v = 'a2' WHERE id = 1");
    judged.sql("UPDATE t SET n = 3, big = NULL WHERE id = 1");
    judged.sql("BEGIN; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (2, 'b', 7, NULL); COMMIT");
    REQUIRE(judged.catch_up() == "");
    const TargetReader reader = judged.reader();
    const HistoryTarget history{.name = {"public", "t_past"},
                                .track = {"v"},
                                .valid_from = "since",
                                .valid_to = "until_when",
                                .is_current = "is_now",
                                .from_beginning = true};
    CHECK(history_lines(reader, history) ==
          Lines{"1|a2|2|1 0..", "1|a|0|1 -infinity..0", "2|b|0|2 -infinity.."});
    CHECK(log_lines(reader, {"public", "t_log"}) ==
          Lines{"1 u 1|a|1|1", "2 u 1|a2|2|1", "3 u 1|a2|3|NULL", "4 d 2|NULL|NULL|NULL", "4 c 2|b|7|NULL"});
    CHECK(lines(reader, "SELECT id, v, n, big FROM public.t") == Lines{"1|a2|3|NULL", "2|b|7|NULL"});
    judged.log.read();
    Judge judge(judged.log, reader);
    CHECK(judge.log_differences("public.t", {"public", "t_log"}) == "");
    CHECK(judge.history_differences("public.t", history) == "");
}

TEST_CASE("a version has the newest large value of an untracked column, though the stream left it out",
          "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const int way = GENERATE(1, 2, 3);
    const char* batch = way == 1 ? "{ max_rows: 1 }" : "{ max_rows: 2000 }";
    const bool at_once = way != 3;
    INFO(name_of(target) << ", batch " << batch << (at_once ? ", all in one run" : ", a run each"));
    JudgedShop judged(target,
                      "  - match: public.t\n    targets:\n      - { mode: upsert }\n"
                      "      - { mode: scd2, track: [v] }\n      - { mode: append }\n",
                      batch);
    judged.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v text, n integer, big text);"
        "ALTER TABLE t ALTER big SET STORAGE EXTERNAL;"
        "INSERT INTO t SELECT g, 'a', 0, repeat('1', 5000) FROM generate_series(1, 6) g");
    REQUIRE(judged.catch_up() == "");
    for (const char* change :
         {"UPDATE t SET big = repeat('2', 5000) WHERE id <> 6",  // begins no version
          "UPDATE t SET v = 'b' WHERE id = 1",                   // and means the newest value
          "UPDATE t SET n = 1 WHERE id = 2", "UPDATE t SET v = 'c' WHERE id = 2",
          "UPDATE t SET id = 30 WHERE id = 3", "UPDATE t SET v = 'd' WHERE id = 30",
          "DELETE FROM t WHERE id = 4; INSERT INTO t VALUES (4, 'a', 0, repeat('3', 5000))",
          "UPDATE t SET v = 'e' WHERE id = 4",
          "BEGIN; UPDATE t SET big = repeat('4', 5000) WHERE id = 5; UPDATE t SET n = 2 WHERE id = 5; COMMIT",
          "UPDATE t SET v = 'f' WHERE id = 5", "INSERT INTO t VALUES (7, 'g', 0, repeat('5', 5000))",
          "UPDATE t SET big = repeat('6', 5000) WHERE id = 7", "UPDATE t SET v = 'h' WHERE id = 7",
          "UPDATE t SET v = 'i' WHERE id = 6"}) {
        judged.sql(change);
        if (!at_once) REQUIRE(judged.catch_up() == "");
    }
    REQUIRE(judged.catch_up() == "");
    const TargetReader reader = judged.reader();
    CHECK(lines(reader, "SELECT id, left(big, 1) AS big FROM public.t_history WHERE is_current") ==
          Lines{"1|2", "2|2", "30|2", "4|3", "5|4", "6|1", "7|6"});
    judged.log.read();
    Judge judge(judged.log, reader);
    CHECK(judge.log_differences("public.t", {"public", "t_changes"}) == "");
    CHECK(judge.history_differences("public.t", {.name = {"public", "t_history"}, .track = {"v"}}) == "");
}

TEST_CASE("a rule of its own mode takes the keys of its target beside it", "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target,
                      "  - match: public.t\n    mode: scd2\n    track: [v]\n    first_valid_from: beginning\n"
                      "    names: { valid_from: since, valid_to: \"Until\" }\n"
                      "  - match: public.u\n    mode: append\n");
    judged.sql(std::string(two_rows) + "; CREATE TABLE u (id integer PRIMARY KEY)");
    REQUIRE(judged.catch_up() == "");
    judged.sql("UPDATE t SET v = 'a2' WHERE id = 1; INSERT INTO u VALUES (1)");
    REQUIRE(judged.catch_up() == "");
    const TargetReader reader = judged.reader();
    CHECK(history_lines(reader,
                        {.name = {"public", "t_history"}, .valid_from = "since", .valid_to = "Until"}) ==
          Lines{"1|a2|0|1 0..", "1|a|0|1 -infinity..0", "2|b|0|2 -infinity.."});
    CHECK(lines(reader, "SELECT _op, id FROM public.u_changes") == Lines{"c|1"});
}

TEST_CASE("a commit time that steps back is raised to the version before, and the log keeps what it was",
          "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const char* batch = GENERATE("{ max_rows: 2000 }", "{ max_rows: 1 }");
    INFO(name_of(target) << ", batch " << batch);
    JudgedShop judged(target, history_three_targets, batch);
    judged.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v text, n integer, big text);"
        "SELECT pg_replication_origin_create('clock')");
    REQUIRE(judged.catch_up() == "");
    const auto connection = judged.shop.source.connect("shop");
    pqxx::nontransaction session(*connection);
    session.exec("SELECT pg_replication_origin_session_setup('clock')");
    commit_at(session, "2030-01-01 00:00:10+00", "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    commit_at(session, "2030-01-01 00:00:05+00",
              "UPDATE t SET v = 'a2' WHERE id = 1; DELETE FROM t WHERE id = 3");
    commit_at(session, "2030-01-01 00:00:07+00", "UPDATE t SET v = 'a3' WHERE id = 1");
    commit_at(session, "2030-01-01 00:00:20+00", "DELETE FROM t WHERE id < 3");
    commit_at(session, "2030-01-01 00:00:15+00", "INSERT INTO t VALUES (1, 'a4'), (4, 'd')");
    commit_at(session, "2030-01-01 00:00:30+00", "UPDATE t SET v = v WHERE id = 4");  // begins no version
    commit_at(session, "2030-01-01 00:00:16+00", "UPDATE t SET v = 'd2' WHERE id = 4");
    commit_at(session, "2030-01-01 00:00:50+00", "TRUNCATE t");
    commit_at(session, "2030-01-01 00:00:40+00", "INSERT INTO t VALUES (5, 'e')");  // was never there
    REQUIRE(judged.catch_up() == "");
    const TargetReader reader = judged.reader();
    CHECK(history_lines(reader, t_history) ==
          Lines{"1|a2|NULL|NULL 0..0", "1|a3|NULL|NULL 0..3", "1|a4|NULL|NULL 3..5", "1|a|NULL|NULL 0..0",
                "2|b|NULL|NULL 0..3", "3|c|NULL|NULL 0..0", "4|d2|NULL|NULL 2..5", "4|d|NULL|NULL 1..2",
                "5|e|NULL|NULL 4.."});
    CHECK(lines(reader, "SELECT DISTINCT " + reader.instant("_commit_ts") +
                            " AS committed FROM public.t_changes WHERE _op <> 'r'") ==
          Lines{"1893456005000000", "1893456007000000", "1893456010000000", "1893456015000000",
                "1893456016000000", "1893456020000000", "1893456030000000", "1893456040000000",
                "1893456050000000"});
    CHECK(judged.verdict("public.t") == "");
}

TEST_CASE("the log names the columns whose value nobody sent and nobody has", "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target, "  - match: public.*\n    mode: append\n", "{ max_rows: 2000 }",
                      "    snapshot: never\n");
    judged.sql(std::string(two_rows) +
               "; CREATE TABLE f (LIKE t INCLUDING ALL); ALTER TABLE f REPLICA IDENTITY FULL; INSERT INTO f "
               "TABLE t");
    REQUIRE(judged.catch_up() == "");
    judged.sql("UPDATE t SET n = 1 WHERE id = 1; UPDATE f SET n = 1 WHERE id = 1");
    judged.sql("UPDATE t SET big = repeat('9', 3000) WHERE id = 1");
    judged.sql("UPDATE t SET n = 2 WHERE id = 1");
    REQUIRE(judged.catch_up() == "");
    const TargetReader reader = judged.reader();
    CHECK(log_lines(reader, {"public", "t_changes"}) ==
          Lines{"1 u 1|a|1|NULL", "2 u 1|a|1|9", "3 u 1|a|2|9"});
    CHECK(
        lines(reader, "SELECT n, _op FROM public.t_changes WHERE CAST(_unchanged AS varchar) LIKE '%big%'") ==
        Lines{"1|u"});
    CHECK(lines(reader, "SELECT count(*) AS named FROM public.t_changes WHERE _unchanged IS NOT NULL") ==
          Lines{"1"});
    CHECK(log_lines(reader, {"public", "f_changes"}) == Lines{"1 u 1|a|1|1"});
    CHECK(lines(reader, "SELECT count(*) AS named FROM public.f_changes WHERE _unchanged IS NOT NULL") ==
          Lines{"0"});
}

TEST_CASE("under REPLICA IDENTITY FULL the log has the whole deleted row, of tables without key too",
          "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target,
                      "  - match: public.keyless\n    targets: [ { mode: upsert }, { mode: append } ]\n" +
                          std::string(history_three_targets));
    judged.sql(std::string(two_rows) +
               "; ALTER TABLE t REPLICA IDENTITY FULL; CREATE TABLE keyless (LIKE t INCLUDING STORAGE);"
               "ALTER TABLE keyless REPLICA IDENTITY FULL; INSERT INTO keyless TABLE t; INSERT INTO keyless "
               "TABLE t");
    REQUIRE(judged.catch_up() == "");
    for (const std::string table : {"t", "keyless"}) {
        judged.sql("UPDATE " + table + " SET id = 3 WHERE id = 1");
        judged.sql("DELETE FROM " + table + " WHERE id = 2");
    }
    REQUIRE(judged.catch_up() == "");
    const TargetReader reader = judged.reader();
    CHECK(log_lines(reader, {"public", "t_changes"}) == Lines{"1 u 3|a|0|1 was {\"id\":1}", "2 d 2|b|0|2"});
    CHECK(log_lines(reader, {"public", "keyless_changes"}) ==
          Lines{"1 u 3|a|0|1", "1 u 3|a|0|1", "2 d 2|b|0|2", "2 d 2|b|0|2"});
    CHECK(judged.verdict("public.t") == "");
    CHECK(judged.verdict("public.keyless") == "");
    CHECK(judged.shop.ferry->differences() == "");
}

TEST_CASE("a history of a table without key is refused, and so are names that the source has taken",
          "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    SECTION("no key") {
        JudgedShop judged(target, "  - match: public.keyless\n    mode: scd2\n");
        judged.sql("CREATE TABLE keyless (v text); ALTER TABLE keyless REPLICA IDENTITY FULL");
        check_refused(judged, {"public.keyless", "scd2"});
    }
    SECTION("a column called valid_from") {
        JudgedShop judged(target, "  - match: public.t\n    mode: scd2\n");
        judged.sql("CREATE TABLE t (id integer PRIMARY KEY, valid_from date)");
        check_refused(judged, {"public.t", "valid_from", "names"});
    }
    SECTION("a column called _op") {
        JudgedShop judged(target, "  - match: public.t\n    mode: append\n");
        judged.sql("CREATE TABLE t (id integer PRIMARY KEY, _op text)");
        check_refused(judged, {"public.t", "_op", "rename_columns"});
    }
    SECTION("a table called t_history") {
        JudgedShop judged(target, std::string("  - match: public.t\n    mode: scd2\n") +
                                      "  - match: public.t_history\n    mode: upsert\n");
        judged.sql(
            "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE t_history (id integer PRIMARY KEY)");
        check_refused(judged, {"t_history", "table"});
    }
}
