#include <nlohmann/json.hpp>

#include "tests/integration/history_lines.h"
#include "tests/integration/typed_tables.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

constexpr int copied_id = 1;
constexpr int streamed_id = 1001;
constexpr const char* types_all_targets =
    "    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";

std::string rules(const std::vector<TypedTable>& tables, Target target) {
    std::string yaml;
    for (const TypedTable& table : tables) {
        const std::string overrides = overrides_yaml(table, target);
        if (overrides.empty()) continue;
        yaml += "  - match: public." + table.name + "\n    types: " + overrides + "\n" + types_all_targets;
    }
    return yaml + "  - match: public.*\n" + types_all_targets;
}

/// Of a warehouse's database: what texts mean there must not depend on them.
constexpr const char* settings_that_change_input =
    "ALTER DATABASE warehouse SET array_nulls = off; ALTER DATABASE warehouse SET xmloption = document;"
    "ALTER DATABASE warehouse SET datestyle = 'SQL, DMY'; ALTER DATABASE warehouse SET intervalstyle = "
    "'sql_standard'; ALTER DATABASE warehouse SET timezone = 'Asia/Kolkata'";

/// Each in a transaction of its own, so that each makes versions.
void change_rows(const JudgedShop& judged, const TypedTable& table) {
    judged.sql(insert_sql(table, streamed_id));
    judged.sql(shift_sql(table, copied_id) + shift_sql(table, streamed_id));
    judged.sql("UPDATE " + table.name + " SET touched = 1");
    judged.sql(clear_sql(table, copied_id) + clear_sql(table, streamed_id));
    judged.sql("UPDATE " + table.name + " SET id = id + 500 WHERE id % 2 = 0");
    judged.sql(shift_sql(table, copied_id) + "DELETE FROM " + table.name + " WHERE id % 5 = 0");
}

}  // namespace

TEST_CASE("every type's edges arrive as they are, by copy and by stream, in current state, history and log",
          "[types]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    const std::vector<TypedTable> tables = typed_tables(target);
    JudgedShop judged(target, rules(tables, target));
    if (target == Target::Postgres)
        judged.shop.source.exec(warehouse_types_sql() + settings_that_change_input, "warehouse");
    judged.sql(source_types_sql());
    for (const TypedTable& table : tables)
        judged.sql(create_sql(table, target) + insert_sql(table, copied_id));
    REQUIRE(judged.catch_up() == "");
    for (const TypedTable& table : tables) change_rows(judged, table);
    REQUIRE(judged.catch_up() == "");

    judged.log.read();
    const TargetReader reader = judged.reader();
    Judge judge(judged.log, reader);
    for (const TypedTable& table : tables)
        CHECK(judge.default_target_differences("public." + table.name) == "");
    CHECK(judge.sequence_differences() == "");
    CHECK(judged.shop.ferry->differences() == "");
}

TEST_CASE("labels that an enum gains or loses while it streams arrive as they were then", "[types]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target, rules({}, target));
    judged.sql(
        "CREATE TYPE mood AS ENUM ('sad', 'fine'); CREATE TABLE t (id integer PRIMARY KEY, m mood, ms "
        "mood[]);"
        "INSERT INTO t VALUES (1, 'sad', '{sad,NULL}'), (2, 'fine', '{fine}')");
    REQUIRE(judged.catch_up() == "");
    judged.sql("UPDATE t SET m = 'fine' WHERE id = 1");
    judged.sql("ALTER TYPE mood ADD VALUE 'glad' BEFORE 'fine'");
    judged.sql("INSERT INTO t VALUES (3, 'glad', '{glad,sad}')");
    judged.sql("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'");
    judged.sql("UPDATE t SET m = 'blue' WHERE id = 2");
    judged.sql("ALTER TYPE mood RENAME TO feeling");
    judged.sql("INSERT INTO t VALUES (4, 'blue', '{blue,glad}')");
    REQUIRE(judged.catch_up() == "");
    const TargetReader reader = judged.reader();
    const std::string array =
        target == Target::Postgres
            ? "ms"
            : "'{' || array_to_string(list_transform(ms, lambda e: coalesce(e, 'NULL')), ',') || '}'";
    const std::vector<std::string> current = {"1|fine|{sad,NULL}", "2|blue|{fine}", "3|glad|{glad,sad}",
                                              "4|blue|{blue,glad}"};
    CHECK(lines(reader, "SELECT id, m, " + array + " AS ms FROM public.t") == current);
    CHECK(lines(reader, "SELECT id, m, " + array + " AS ms FROM public.t_history WHERE is_current") ==
          current);
    CHECK(lines(reader, "SELECT id, m FROM public.t_history WHERE NOT is_current") ==
          std::vector<std::string>{"1|sad", "2|fine"});
    CHECK(lines(reader, "SELECT _op, id, m FROM public.t_changes WHERE _op <> 'r'") ==
          std::vector<std::string>{"c|3|glad", "c|4|blue", "u|1|fine", "u|2|blue"});
}
