#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

constexpr const char* toast_tables =
    "CREATE TABLE t (id integer PRIMARY KEY, small integer, big text);"
    "ALTER TABLE t ALTER big SET STORAGE EXTERNAL;"
    "CREATE TABLE f (id integer PRIMARY KEY, small integer, big text);"
    "ALTER TABLE f ALTER big SET STORAGE EXTERNAL, REPLICA IDENTITY FULL;"
    "INSERT INTO t SELECT g, 0, repeat(md5(g::text), 400) FROM generate_series(1, 20) g;"
    "INSERT INTO f SELECT * FROM t;";

/// Each meets a pair of tables of its own.
constexpr const char* changes[] = {
    "UPDATE t SET small = 1 WHERE id <= 10; UPDATE f SET small = 1 WHERE id <= 10",
    "UPDATE t SET id = id + 100; UPDATE f SET id = id + 100",
    "UPDATE t SET id = id + 100, small = 5 WHERE id % 2 = 0",
    // Key update, then another row takes the old key, in one transaction.
    "UPDATE t SET id = 101 WHERE id = 1; UPDATE t SET id = 1 WHERE id = 2; UPDATE t SET small = 9 WHERE id "
    "IN (1, 101)",
    // A swap of two rows with unchanged values.
    "UPDATE t SET id = -1 WHERE id = 3; UPDATE t SET id = 3 WHERE id = 4; UPDATE t SET id = 4 WHERE id = -1",
    // The value of an insert of the same transaction, then unchanged updates of it.
    "INSERT INTO t VALUES (50, 0, repeat('new', 5000)); UPDATE t SET small = 1 WHERE id = 50; UPDATE t SET "
    "id = 51 WHERE id = 50",
    // Deleted and inserted anew: the old value must not come back.
    "DELETE FROM t WHERE id = 5; INSERT INTO t VALUES (5, 0, NULL); UPDATE t SET small = 2 WHERE id = 5",
    "DELETE FROM t WHERE id = 6; UPDATE t SET id = 6 WHERE id = 7; UPDATE t SET small = 3 WHERE id = 6",
    "UPDATE t SET big = NULL WHERE id = 8; UPDATE t SET small = 4 WHERE id = 8",
    "UPDATE t SET big = repeat('changed', 2000) WHERE id = 9; UPDATE t SET small = 4 WHERE id = 9",
    // A truncate between: what comes after it has no past.
    "UPDATE t SET small = 6; TRUNCATE t; INSERT INTO t VALUES (1, 1, repeat('z', 9000)); UPDATE t SET small "
    "= 2"};

std::string schema_of(std::size_t change) {
    return "case_" + std::to_string(change);
}

void run_change(const Shop& shop, std::size_t change, bool one_transaction) {
    const std::string path = "SET search_path = " + schema_of(change) + ";";
    std::string statements = changes[change];
    if (one_transaction) return shop.sql(path + "BEGIN;" + statements + ";COMMIT");
    for (std::size_t end; (end = statements.find(';')) != std::string::npos; statements.erase(0, end + 1))
        shop.sql(path + statements.substr(0, end));
    shop.sql(path + statements);
}

}  // namespace

TEST_CASE("an unchanged out-of-line value survives updates of other columns, of the key, and both at once",
          "[toast]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const bool one_transaction = GENERATE(true, false);
    INFO(name_of(target) << (one_transaction ? ", one transaction each" : ", a transaction per statement"));
    Shop shop(target);
    for (std::size_t change = 0; change < std::size(changes); ++change)
        shop.sql("CREATE SCHEMA " + schema_of(change) + "; SET search_path = " + schema_of(change) + ";" +
                 toast_tables);
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    for (std::size_t change = 0; change < std::size(changes); ++change)
        run_change(shop, change, one_transaction);
    const Completed completed = shop.ferry->catch_up();
    INFO(completed.err);
    REQUIRE(completed.exit == Exit{});
    CHECK(shop.ferry->differences() == "");
}
