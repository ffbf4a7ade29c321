#include <fmt/format.h>

#include "tests/integration/history_lines.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

using Lines = std::vector<std::string>;

/// What transactions do to a table (id, v, n, big) of the two rows 1|a|0|1 and 2|b|0|2, which the first copy
/// brings. `big` of these is stored out of line. Expected lines as in history_lines.h; those of the untouched
/// row 2 are added to the history when `second_row_stays`.
struct Scenario {
    const char* says;
    std::vector<const char*> transactions;
    Lines history;
    Lines log;
    bool second_row_stays = true;
};

const Scenario scenarios[] = {
    {"three transactions on one key are a version each",
     {"UPDATE t SET v = 'a2' WHERE id = 1", "UPDATE t SET v = 'a3' WHERE id = 1",
      "DELETE FROM t WHERE id = 1"},
     {"1|a2|0|1 1..2", "1|a3|0|1 2..3", "1|a|0|1 0..1"},
     {"1 u 1|a2|0|1", "2 u 1|a3|0|1", "3 d 1|NULL|NULL|NULL"}},
    {"two updates in one transaction are one version",
     {"UPDATE t SET v = 'x' WHERE id = 1; UPDATE t SET v = 'a2' WHERE id = 1"},
     {"1|a2|0|1 1..", "1|a|0|1 0..1"},
     {"1 u 1|x|0|1", "1 u 1|a2|0|1"}},
    {"an update and one back in one transaction change no history",
     {"UPDATE t SET v = 'x' WHERE id = 1; UPDATE t SET v = 'a' WHERE id = 1"},
     {"1|a|0|1 0.."},
     {"1 u 1|x|0|1", "1 u 1|a|0|1"}},
    {"an update to the same values adds nothing",
     {"UPDATE t SET v = v WHERE id = 1"},
     {"1|a|0|1 0.."},
     {"1 u 1|a|0|1"}},
    {"insert and delete in one transaction leave nothing",
     {"INSERT INTO t VALUES (3, 'c', 0, NULL); DELETE FROM t WHERE id = 3"},
     {"1|a|0|1 0.."},
     {"1 c 3|c|0|NULL", "1 d 3|NULL|NULL|NULL"}},
    {"insert and updates in one transaction are one version",
     {"INSERT INTO t VALUES (3, 'c', 0, repeat('3', 3000)); UPDATE t SET n = 1 WHERE id = 3; UPDATE t SET id "
      "= 4 "
      "WHERE id = 3"},
     {"1|a|0|1 0..", "4|c|1|3 1.."},
     {"1 c 3|c|0|3", "1 u 3|c|1|3", "1 u 4|c|1|3 was {\"id\":3}"}},
    {"truncate and the same rows again in one transaction change no history",
     {"TRUNCATE t; INSERT INTO t VALUES (1, 'a', 0, repeat('1', 3000)), (2, 'b', 0, repeat('2', 3000))"},
     {"1|a|0|1 0.."},
     {"1 t NULL|NULL|NULL|NULL", "1 c 1|a|0|1", "1 c 2|b|0|2"}},
    {"truncate closes all, and what is inserted after it has no past",
     {"UPDATE t SET v = 'x' WHERE id = 1; TRUNCATE t; INSERT INTO t VALUES (1, 'y', 0, NULL)", "TRUNCATE t"},
     {"1|a|0|1 0..1", "1|y|0|NULL 1..2", "2|b|0|2 0..1"},
     {"1 u 1|x|0|1", "1 t NULL|NULL|NULL|NULL", "1 c 1|y|0|NULL", "2 t NULL|NULL|NULL|NULL"},
     false},
    {"a key that comes back opens anew, though its values are the same",
     {"DELETE FROM t WHERE id = 1", "INSERT INTO t VALUES (1, 'a', 0, repeat('1', 3000))"},
     {"1|a|0|1 0..1", "1|a|0|1 2.."},
     {"1 d 1|NULL|NULL|NULL", "2 c 1|a|0|1"}},
    {"deleted and inserted in one transaction is one new version, or none for the same values",
     {"DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (1, 'z', 9, NULL)",
      "DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (1, 'z', 9, NULL)"},
     {"1|a|0|1 0..1", "1|z|9|NULL 1.."},
     {"1 d 1|NULL|NULL|NULL", "1 c 1|z|9|NULL", "2 d 1|NULL|NULL|NULL", "2 c 1|z|9|NULL"}},
    {"a key update closes the old key and opens the new one",
     {"UPDATE t SET id = 5 WHERE id = 1", "UPDATE t SET id = 6, v = 'a2' WHERE id = 5"},
     {"1|a|0|1 0..1", "5|a|0|1 1..2", "6|a2|0|1 2.."},
     {"1 u 5|a|0|1 was {\"id\":1}", "2 u 6|a2|0|1 was {\"id\":5}"}},
    {"two keys that trade places in one transaction are two versions more",
     {"UPDATE t SET id = -1 WHERE id = 1; UPDATE t SET id = 1 WHERE id = 2; UPDATE t SET id = 2 WHERE id = "
      "-1"},
     {"1|a|0|1 0..1", "1|b|0|2 1..", "2|a|0|1 1..", "2|b|0|2 0..1"},
     {"1 u -1|a|0|1 was {\"id\":1}", "1 u 1|b|0|2 was {\"id\":2}", "1 u 2|a|0|1 was {\"id\":-1}"},
     false},
    {"a key that moves away and back in one transaction changes no history",
     {"UPDATE t SET id = -1 WHERE id = 1; UPDATE t SET id = 1 WHERE id = -1"},
     {"1|a|0|1 0.."},
     {"1 u -1|a|0|1 was {\"id\":1}", "1 u 1|a|0|1 was {\"id\":-1}"}},
    {"a row that takes the key of a deleted one brings its own values",
     {"DELETE FROM t WHERE id = 1; UPDATE t SET id = 1 WHERE id = 2", "UPDATE t SET n = 1"},
     {"1|a|0|1 0..1", "1|b|0|2 1..2", "1|b|1|2 2..", "2|b|0|2 0..1"},
     {"1 d 1|NULL|NULL|NULL", "1 u 1|b|0|2 was {\"id\":2}", "2 u 1|b|1|2"},
     false},
    {"an unchanged out-of-line value is carried from version to version and event to event",
     {"UPDATE t SET n = 1 WHERE id = 1", "UPDATE t SET big = repeat('9', 3000) WHERE id = 1",
      "UPDATE t SET n = 2 WHERE id = 1", "UPDATE t SET big = NULL WHERE id = 1",
      "UPDATE t SET n = 3 WHERE id = 1"},
     {"1|a|0|1 0..1", "1|a|1|1 1..2", "1|a|1|9 2..3", "1|a|2|9 3..4", "1|a|2|NULL 4..5", "1|a|3|NULL 5.."},
     {"1 u 1|a|1|1", "2 u 1|a|1|9", "3 u 1|a|2|9", "4 u 1|a|2|NULL", "5 u 1|a|3|NULL"}},
    {"what was rolled back never was",
     {"SAVEPOINT s; UPDATE t SET v = 'x'; DELETE FROM t; ROLLBACK TO s; UPDATE t SET n = 1 WHERE id = 1",
      "DELETE FROM t; ROLLBACK"},
     {"1|a|0|1 0..1", "1|a|1|1 1.."},
     {"1 u 1|a|1|1"}}};

std::string schema_of(std::size_t scenario) {
    return fmt::format("s_{}", scenario);
}

void create_table(const JudgedShop& judged, const std::string& schema) {
    judged.sql(
        fmt::format("CREATE SCHEMA {0}; SET search_path = {0};"
                    "CREATE TABLE t (id integer PRIMARY KEY, v text, n integer, big text);"
                    "ALTER TABLE t ALTER big SET STORAGE EXTERNAL;"
                    "INSERT INTO t VALUES (1, 'a', 0, repeat('1', 3000)), (2, 'b', 0, repeat('2', 3000))",
                    schema));
}

/// Each scenario's table is the `t` of a schema of its own.
void run_transactions(const JudgedShop& judged, const Scenario& scenario, const std::string& schema) {
    for (const char* transaction : scenario.transactions)
        judged.sql(fmt::format("SET search_path = {}; BEGIN; {}; COMMIT", schema, transaction));
}

}  // namespace

TEST_CASE("history and log hold what their source's transactions did, one behaviour a schema", "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    // All in few batches, and each transaction in one of its own.
    const char* batch = GENERATE("{ max_rows: 2000 }", "{ max_rows: 1 }");
    INFO(name_of(target) << ", batch " << batch);
    JudgedShop judged(target,
                      "  - match: s_*.t\n"
                      "    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n",
                      batch);
    for (std::size_t i = 0; i < std::size(scenarios); ++i) create_table(judged, schema_of(i));
    REQUIRE(judged.catch_up() == "");
    for (std::size_t i = 0; i < std::size(scenarios); ++i)
        run_transactions(judged, scenarios[i], schema_of(i));
    REQUIRE(judged.catch_up() == "");
    CHECK(judged.shop.ferry->differences() == "");
    const TargetReader reader = judged.reader();
    for (std::size_t i = 0; i < std::size(scenarios); ++i) {
        INFO(scenarios[i].says);
        Lines history = scenarios[i].history;
        if (scenarios[i].second_row_stays) history.push_back("2|b|0|2 0..");
        std::sort(history.begin(), history.end());
        CHECK(history_lines(reader, {.name = {schema_of(i), "t_history"}}) == history);
        CHECK(log_lines(reader, {schema_of(i), "t_changes"}) == scenarios[i].log);
        CHECK(judged.verdict(schema_of(i) + ".t") == "");
    }
}
