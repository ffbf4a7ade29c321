#include <cstdlib>

#include "tests/integration/clear_text.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

constexpr const char* column_rules_rules =
    "  - match: public.account\n    mode: upsert\n    hash_columns: [email]\n"
    "  - match: \"public.*\"\n    mode: upsert\n    exclude_columns: [card, photo]\n"
    "    hash_columns: [email, pin]\n    mask_columns: [phone, born, letter]\n";

/// All values that must not come through hold this word, but for those in which it can't stand.
const std::string clear = "clearvalue";
const std::string clear_pin = "76543210";
const std::string clear_date = "1971-03-";

constexpr const char* column_rules_tables =
    "CREATE EXTENSION pgcrypto;"
    "CREATE TABLE person (id integer PRIMARY KEY, card text, email varchar(100), pin integer, phone text, "
    "born date, letter text, photo bytea, name text);"
    "ALTER TABLE person ALTER letter SET STORAGE EXTERNAL, ALTER email SET STORAGE EXTERNAL;"
    "CREATE TABLE whole (card text, email text, phone text, name text);"
    "ALTER TABLE whole REPLICA IDENTITY FULL;"
    "CREATE TABLE account (email text PRIMARY KEY, id integer);";

std::string rows(const std::string& table, int from, int to) {
    return "INSERT INTO " + table + " SELECT g, 'clearvalue card ' || g, CASE WHEN g % 5 > 0 THEN " +
           "'clearvalue' || g || '@example.com' END, 76543210, 'clearvalue ' || g, date '1971-03-04', " +
           "'clearvalue' || repeat(md5(g::text), 200), convert_to('clearvalue', 'UTF8'), 'name ' || g " +
           "FROM generate_series(" + std::to_string(from) + ", " + std::to_string(to) + ") g;";
}

std::string changes_of(const std::string& table) {
    return "UPDATE " + table + " SET name = 'renamed', card = 'clearvalue new' WHERE id % 3 = 0;" +
           "UPDATE " + table + " SET email = 'clearvalue.new@example.com', pin = NULL WHERE id % 4 = 0;" +
           "UPDATE " + table + " SET letter = NULL WHERE id % 7 = 0;" + "UPDATE " + table +
           " SET id = id + 5000 WHERE id % 6 = 0;" + "DELETE FROM " + table + " WHERE id % 11 = 0;";
}

constexpr const char* other_changes =
    "INSERT INTO whole SELECT 'clearvalue', 'clearvalue' || g % 10, 'clearvalue', g % 3 FROM "
    "generate_series(1, 100) g; UPDATE whole SET card = 'clearvalue 2', email = 'clearvalue' WHERE name = "
    "'1';"
    "DELETE FROM whole WHERE name = '2' AND email = 'clearvalue3';"
    "UPDATE account SET email = 'moved.' || email WHERE id % 2 = 0; UPDATE account SET id = id + 1000 WHERE "
    "id % 3 = 0; DELETE FROM account WHERE id = 7;";

/// What the warehouse should hold, by the source's own HMAC.
std::string expected(const Shop& shop, const std::string& table) {
    const std::string hash = "encode(hmac(email, 's3cret', 'sha256'), 'hex')";
    if (table == "account")
        return shop.value("SELECT string_agg(" + hash + " || ',' || id, ';' ORDER BY id) FROM account");
    const auto masked = [&](const std::string& column) {
        return "CASE WHEN " + column + " IS NULL THEN 'NULL' ELSE '****' END";
    };
    if (table == "whole")
        return shop.value("SELECT string_agg(row, ';' ORDER BY row) FROM (SELECT concat_ws(',', " + hash +
                          ", " + masked("phone") + ", name) COLLATE \"C\" AS row FROM whole) r");
    return shop.value("SELECT string_agg(concat_ws(',', id, coalesce(" + hash + ", 'NULL'), coalesce(" +
                      "encode(hmac(pin::text, 's3cret', 'sha256'), 'hex'), 'NULL'), " + masked("phone") +
                      ", " + masked("born") + ", " + masked("letter") + ", name), ';' ORDER BY id) FROM " +
                      table);
}

std::string found(const Shop& shop, Target target, const std::string& table) {
    const Ferry& ferry = *shop.ferry;
    if (table == "account")
        return ferry.warehouse_value(
            "SELECT string_agg(email || ',' || id, ';' ORDER BY id) FROM public.account");
    const std::string collate = target == Target::Postgres ? " COLLATE \"C\"" : "";
    if (table == "whole")
        return ferry.warehouse_value(
            "SELECT string_agg(r, ';' ORDER BY r) FROM (SELECT concat_ws(',', email, phone, name)" + collate +
            " AS r FROM public.whole) x");
    return ferry.warehouse_value(
        "SELECT string_agg(concat_ws(',', id, coalesce(email, 'NULL'), coalesce(pin, 'NULL'), "
        "coalesce(phone, "
        "'NULL'), coalesce(born, 'NULL'), coalesce(letter, 'NULL'), name), ';' ORDER BY id) FROM public." +
        table);
}

void check_no_clear_value(const Shop& shop, Target target) {
    for (const std::string& text : {clear, clear_pin, clear_date}) {
        INFO(text);
        CHECK(place_of(shop, target, text) == "");
    }
}

}  // namespace

TEST_CASE("excluded, hashed and masked values are nowhere in the warehouse, at no time", "[column-rules]") {
    setenv("WALFERRY_HASH_KEY", "s3cret", 1);
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target, {.tables = column_rules_rules});
    shop.sql(column_rules_tables + rows("person", 1, 500) +
             "INSERT INTO account SELECT 'clearvalue' || g, g FROM generate_series(1, 50) g;"
             "INSERT INTO whole SELECT 'clearvalue', 'clearvalue' || g % 10, 'clearvalue', 1 FROM "
             "generate_series(1, 100) g");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    check_no_clear_value(shop, target);
    shop.sql(rows("person", 1001, 1500) + changes_of("person") + other_changes);
    REQUIRE(shop.ferry->caught_up());
    check_no_clear_value(shop, target);

    // The copy of a new table waits for the transactions of the time when it was published.
    auto writer = shop.source.connect("shop");
    pqxx::work open(*writer);
    open.exec("SELECT pg_current_xact_id()");
    shop.sql("CREATE TABLE late (LIKE person INCLUDING ALL); " + rows("late", 1, 300));
    const bool published = eventually([&] {
        return shop.value("SELECT count(*) FROM pg_publication_tables WHERE tablename = 'late'") == "1";
    });
    REQUIRE(published);
    shop.sql(rows("late", 1001, 1300) + changes_of("late"));
    const auto position = shop.value("SELECT pg_current_wal_flush_lsn()");
    REQUIRE(eventually([&] { return shop.ferry->slot("confirmed_flush_lsn >= '" + position + "'") == "t"; },
                       seconds(30)));
    check_no_clear_value(shop, target);
    shop.ferry->kill();
    CHECK(shop.ferry->warehouse_value("SELECT count(*) > 100 FROM walferry.pending_change").substr(0, 1) ==
          "t");
    check_no_clear_value(shop, target);
    open.commit();

    const Completed completed = shop.ferry->catch_up();
    INFO(completed.err);
    REQUIRE(completed.exit == Exit{});
    for (const char* table : {"person", "late", "account", "whole"}) {
        INFO(table);
        CHECK(found(shop, target, table) == expected(shop, table));
    }
    CHECK(completed.err.find(clear) == std::string::npos);
    check_no_clear_value(shop, target);
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM information_schema.columns WHERE column_name IN "
                                      "('card', 'photo')") == "0");
}

TEST_CASE("lists that can't be followed are errors of check and stop run, by name", "[column-rules]") {
    Shop shop(Target::DuckDb,
              {.tables = "  - match: public.t\n    mode: upsert\n    exclude_columns: [id, nothere]\n"});
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY, v text)");
    const Completed checked = shop.ferry->command("check");
    CHECK(checked.exit == Exit{1, 0});
    CHECK(checked.out.find("column id is excluded") != std::string::npos);
    CHECK(checked.out.find("exclude_columns names column nothere") != std::string::npos);
    const Completed refused = shop.ferry->command("run", {}, seconds(5));
    CHECK(refused.exit == Exit{3, 0});
    CHECK(shop.value("SELECT count(*) FROM pg_replication_slots") == "0");
}

TEST_CASE("equal values of any type have equal hashes, whether they were copied or streamed",
          "[column-rules]") {
    setenv("WALFERRY_HASH_KEY", "s3cret", 1);
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target,
              {.tables = "  - match: public.kinds\n    mode: upsert\n    hash_columns: [b, i, n, f, r, m, "
                         "ch, by, d, ts, tz, iv, u, j, ar, net, en]\n"});
    const std::string row =
        "SELECT true, -5, 1.50, 0.1, 1.1, '$1,234.50', 'ab', '\\x00ff', '2024-02-29', '2024-01-01 "
        "00:00:00.5', '2024-01-01 00:00+02', '1 mon 2 days 03:04:05', gen_random_uuid(), '{\"b\": 1, \"a\": "
        "2}', "
        "ARRAY['x', NULL], '10.0.0.1', 'sad'";
    shop.sql(
        "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE kinds (id serial PRIMARY KEY, b boolean, i bigint, n "
        "numeric, f float8, r real, m money, ch char(5), by bytea, d date, ts timestamp, tz timestamptz, iv "
        "interval, u uuid, j jsonb, ar text[], net inet, en mood);"
        "INSERT INTO kinds (b, i, n, f, r, m, ch, by, d, ts, tz, iv, u, j, ar, net, en) " +
        row);
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.sql(
        "INSERT INTO kinds SELECT 2, b, i, n, f, r, m, ch, by, d, ts, tz, iv, u, j, ar, net, en FROM kinds");
    const Completed completed = shop.ferry->catch_up();
    INFO(completed.err);
    REQUIRE(completed.exit == Exit{});
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.kinds") == "2");
    for (const char* column :
         {"b", "i", "n", "f", "r", "m", "ch", "by", "d", "ts", "tz", "iv", "u", "j", "ar", "net", "en"}) {
        INFO(column);
        CHECK(shop.ferry->warehouse_value("SELECT count(DISTINCT \"" + std::string(column) +
                                          "\") || ',' || " + "min(length(\"" + column +
                                          "\")) FROM public.kinds") == "1,64");
    }
}
