#include "tests/pipeline/replay/replay_stand.h"

namespace walferry {

using namespace testing;

namespace {

constexpr const char* keyed_letters = "CREATE TABLE t (id integer PRIMARY KEY, v text)";

DeadLetter insert(const std::string& after, std::uint64_t commit_lsn = 20) {
    return ReplayStand::letter('c', commit_lsn, R"({"id":"1"})", {}, after);
}

}  // namespace

TEST_CASE("a letter that the warehouse refuses again stays open, with the new error and its code",
          "[replay]") {
    const WarehouseKind kind = each_kind();
    ReplayStand stand(kind, keyed_letters, "mode: upsert");
    if (kind == WarehouseKind::DuckDb)
        stand.exec(
            "DROP TABLE public.t; CREATE TABLE public.t (id integer NOT NULL, v varchar CHECK (v <> 'bad'), "
            "_walferry_lsn ubigint, _walferry_synced_at timestamptz)");
    else
        stand.exec("ALTER TABLE public.t ADD CHECK (v <> 'bad')");
    stand.append({insert(R"({"id":"1","v":"bad"})"), insert(R"({"id":"1","v":"good"})", 21)});
    const Lines lines = stand.replay();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].starts_with("1 refused: "));
    CHECK(lines[1] == "2 replayed");
    const Lines noted =
        stand.rows("SELECT attempts, error_code, state FROM walferry.dead_letter WHERE id = 1");
    CHECK(noted == Lines{kind == WarehouseKind::DuckDb ? "2|NULL|superseded" : "2|23514|superseded"});
    CHECK(stand.rows("SELECT id, v FROM public.t") == Lines{"1|good"});
}

TEST_CASE("a value that its column can't hold is refused again", "[replay]") {
    ReplayStand stand(each_kind(), "CREATE TABLE t (id integer PRIMARY KEY, n integer)", "mode: upsert");
    CHECK(stand.replay_one(insert(R"({"id":"1","n":"seven"})")).find("can't be represented") !=
          std::string::npos);
    CHECK(stand.replay_one(insert("[]")).find("no JSON object") != std::string::npos);
    CHECK(stand.replay_one(insert(R"({"id":"1","n":"7"})")) == "replayed");
}

TEST_CASE("columns that came or went since the letter was made do not stand in its way", "[replay]") {
    ReplayStand stand(each_kind(), "CREATE TABLE t (id integer PRIMARY KEY, v text, n integer)",
                      "mode: upsert");
    CHECK(stand.replay_one(insert(R"({"id":"1","v":"a","dropped":"x"})")) == "replayed");
    CHECK(stand.rows("SELECT id, v, n FROM public.t") == Lines{"1|a|NULL"});
    stand.exec("UPDATE public.t SET n = 5");
    CHECK(stand.replay_one(ReplayStand::letter('u', 30, R"({"id":"1"})", {}, R"({"id":"1","v":"b"})")) ==
          "replayed");
    CHECK(stand.rows("SELECT id, v, n FROM public.t") == Lines{"1|b|5"});
}

TEST_CASE("hashed and masked values go into the target as the letter has them", "[replay]") {
    setenv("WALFERRY_HASH_KEY", "secret", 1);
    ReplayStand stand(each_kind(), "CREATE TABLE t (id integer PRIMARY KEY, email text, card text, v text)",
                      "mode: upsert, hash_columns: [email, id], mask_columns: [v], exclude_columns: [card]");
    CHECK(stand.replay_one(ReplayStand::letter('c', 20, R"({"id":"ab12"})", {},
                                               R"({"id":"ab12","email":"cd34","card":null,"v":"****"})")) ==
          "replayed");
    CHECK(stand.rows("SELECT id, email, v FROM public.t") == Lines{"ab12|cd34|****"});
    CHECK(stand.replay_one(ReplayStand::letter('d', 30, R"({"id":"ab12"})", R"({"id":"ab12"})", {})) ==
          "replayed");
    CHECK(stand.rows("SELECT count(*) FROM public.t") == Lines{"0"});
}

TEST_CASE("values of every kind take the target's types", "[replay]") {
    ReplayStand stand(
        each_kind(),
        "CREATE TABLE t (id uuid PRIMARY KEY, b boolean, d date, ts timestamptz, n numeric(10,2), a "
        "integer[], j jsonb, y bytea)",
        "mode: upsert");
    const std::string id = "6f1c5a52-6d0c-4d7b-9a53-0a1b2c3d4e5f";
    CHECK(
        stand.replay_one(ReplayStand::letter(
            'c', 20, "{\"id\":\"" + id + "\"}", {},
            "{\"id\":\"" + id +
                R"(","b":"t","d":"2026-01-02","ts":"2026-01-02 03:04:05+00","n":"1.50","a":"{1,NULL,3}","j":"{\"k\": 1}","y":"\\x00ff"})")) ==
        "replayed");
    CHECK(stand.rows("SELECT count(*) FROM public.t WHERE b AND d = date '2026-01-02' AND n = 1.5 AND ts = "
                     "timestamptz '2026-01-02 03:04:05+00' AND a[3] = 3 AND octet_length(y) = 2") ==
          Lines{"1"});
}

TEST_CASE("a letter whose table has no such target, or is being copied, is refused with the reason",
          "[replay]") {
    ReplayStand stand(each_kind(), keyed_letters, "mode: upsert");
    DeadLetter elsewhere = insert(R"({"id":"1","v":"a"})");
    elsewhere.target_table = "public.old_name";
    CHECK(stand.replay_one(elsewhere).find("discard the letter") != std::string::npos);
    elsewhere.source_table = "public.gone";
    CHECK(stand.replay_one(elsewhere).find("not published any more") != std::string::npos);
    elsewhere.source_table.clear();
    CHECK(stand.replay_one(elsewhere).find("names no table") != std::string::npos);
    CHECK(stand.replay_one(ReplayStand::letter('t', 20, "{}", {}, {})).find("TRUNCATE") != std::string::npos);
    for (const TableState state : {TableState::Copying, TableState::CatchingUp, TableState::Excluded}) {
        stand.set_table_state(state);
        CHECK(stand.replay_one(insert(R"({"id":"1","v":"a"})")).find("streams") != std::string::npos);
    }
    CHECK(stand.rows("SELECT count(*) FROM public.t") == Lines{"0"});
    stand.set_table_state(TableState::Streaming);
    CHECK(stand.replay_one(insert(R"({"id":"1","v":"a"})")) == "replayed");
}

TEST_CASE("a letter goes to its own target among several of a table", "[replay]") {
    ReplayStand stand(each_kind(), keyed_letters,
                      "targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]");
    DeadLetter letter = insert(R"({"id":"1","v":"a"})");
    letter.target_table = "public.t_history";
    CHECK(stand.replay_one(letter) == "replayed");
    CHECK(
        stand.rows("SELECT (SELECT count(*) FROM public.t), (SELECT count(*) FROM public.t_history), (SELECT "
                   "count(*) FROM public.t_changes)") == Lines{"0|1|0"});
}

TEST_CASE("a letter is held against the contract that its table has now", "[replay]") {
    setenv("WALFERRY_HASH_KEY", "secret", 1);
    ReplayStand stand(each_kind(), "CREATE TABLE t (id integer PRIMARY KEY, v text, email text)",
                      "mode: upsert, hash_columns: [email], contract: { on_violation: warn, columns: { v: { "
                      "accepted_values: [a] }, email: { not_null: true, matches: '@' } } }");
    CHECK(stand.replay_one(insert(R"({"id":"1","v":"x","email":null})")) == "replayed");
    TableRule& rule = stand.config.tables.at(0);
    rule.contract.on_violation = OnViolation::DeadLetter;
    stand.replayer = {};
    CHECK(stand.replay_one(insert(R"({"id":"1","v":"x","email":"ab12"})", 30))
              .find("the contract is violated") != std::string::npos);
    CHECK(stand.replay_one(insert(R"({"id":"1","v":"a","email":null})", 30)).find("email is NULL") !=
          std::string::npos);
    CHECK(stand.replay_one(insert(R"({"id":"1","v":"a","email":"ab12"})", 30)) == "replayed");
    DeadLetter violation = insert(R"({"id":"1","v":"a","email":"ab12"})", 40);
    violation.stage = DeadLetterStage::Contract;
    CHECK(stand.replay_one(violation).find("in clear") != std::string::npos);
}

TEST_CASE("a replay leaves nothing behind in the writer's session", "[replay]") {
    const WarehouseKind kind = each_kind();
    ReplayStand stand(kind, keyed_letters, "mode: upsert");
    CHECK(stand.replay_one(insert(R"({"id":"1","v":"a"})")) == "replayed");
    const char* tables = kind == WarehouseKind::DuckDb
                             ? "SELECT count(*) FROM duckdb_tables() WHERE temporary"
                             : "SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'";
    CHECK(stand.rows(tables) == Lines{"0"});
}

}  // namespace walferry
