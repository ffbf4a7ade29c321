#include <nlohmann/json.hpp>
#include <thread>

#include "tests/integration/shop.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

/// Copies under load, streams for a while, stops clean, and compares.
void copy_and_stream(Shop& shop, std::uint64_t seed) {
    INFO("seed " << seed);
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop", {.seed = seed});
    workload.run(40);
    shop.sql(
        "INSERT INTO single_key SELECT g, 'before', 1, repeat('x', 100) FROM generate_series(9000000, "
        "9050000) g");
    workload.start();
    shop.ferry->start();
    // On a slow machine the copies may not come to an end before the load does.
    shop.ferry->all_tables_are("streaming", seconds(10));
    std::this_thread::sleep_for(seconds(4));
    workload.stop();
    INFO("workload: " << workload.committed() << " committed, " << workload.failed() << " failed, last "
                      << workload.last_problem());
    INFO(shop.ferry->log_tail());
    REQUIRE(shop.ferry->caught_up(seconds(120)));
    CHECK(shop.ferry->status().value("dead_letters", 0) == 0);
    REQUIRE(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

}  // namespace

TEST_CASE("the first copy taken under load, and the stream after it, equal the source in DuckDB",
          "[stream]") {
    Shop shop(Target::DuckDb);
    copy_and_stream(shop, 101);
}

TEST_CASE("the first copy taken under load, and the stream after it, equal the source in PostgreSQL",
          "[stream]") {
    Shop shop(Target::Postgres);
    copy_and_stream(shop, 102);
}

TEST_CASE("settings of the source's database and role do not change values", "[stream]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql(
        "ALTER DATABASE shop SET datestyle = 'SQL, DMY'; ALTER DATABASE shop SET intervalstyle = "
        "'sql_standard';"
        "ALTER DATABASE shop SET extra_float_digits = -3; ALTER DATABASE shop SET bytea_output = 'escape';"
        "ALTER DATABASE shop SET timezone = 'Asia/Kolkata'; ALTER DATABASE shop SET search_path = 'pg_temp';"
        "ALTER DATABASE shop SET default_transaction_isolation = 'serializable';"
        "ALTER DATABASE shop SET default_transaction_read_only = off; ALTER ROLE postgres SET xmlbinary = "
        "'hex';"
        "ALTER ROLE postgres SET quote_all_identifiers = on; ALTER ROLE postgres SET statement_timeout = "
        "'60s'");
    shop.sql("SET search_path = public; " + workload_tables_sql());
    shop.sql(
        "SET search_path = public; INSERT INTO exotic (id, c_date, c_interval, c_float8, c_bytea, "
        "c_timestamptz, c_tstzrange) "
        "VALUES (1, '2024-02-03', '-10 mons +04:05:06', 0.1, '\\x00ff5c', '2024-02-03 00:00+00', "
        "'[2024-01-02 00:00+00,)')");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.sql(
        "INSERT INTO public.exotic (id, c_date, c_interval, c_float4, c_bytea) VALUES "
        "(2, '2025-06-07', '1 year -3 days', 1.1, '\\x27')");
    shop.sql(
        "UPDATE public.exotic SET c_date = '2024-12-11', c_interval = '1 day -1 hour', c_float8 = 1e-7, "
        "c_bytea = '\\x0a0d', "
        "c_timestamp = '2024-03-04 05:06:07.000008', c_dates = '{2024-02-03}'");
    const Completed second = shop.ferry->catch_up();
    INFO(second.err);
    REQUIRE(second.exit == Exit{});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("each run until caught up brings what was committed before it", "[stream]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop", {.seed = 103, .large_rows = 5000});
    for (int round = 0; round < 3; ++round) {
        workload.run(40);
        const Completed completed = shop.ferry->catch_up();
        INFO(completed.err);
        REQUIRE(completed.exit == Exit{});
        REQUIRE(shop.ferry->differences() == "");
    }
}

TEST_CASE("a transaction larger than many batches becomes visible at once", "[stream]") {
    Shop shop(Target::Postgres, {.batch = "{ max_rows: 500 }"});
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY, v text)");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    shop.sql("INSERT INTO t SELECT g, repeat('v', 100) FROM generate_series(1, 60000) g");
    std::string seen;
    const bool arrived = eventually([&] {
        seen = shop.ferry->warehouse_value("SELECT count(*) FROM public.t");
        return seen != "0";
    });
    INFO(shop.ferry->log_tail());
    CHECK(arrived);
    CHECK(seen == "60000");
    CHECK(shop.ferry->stop() == Exit{0, 0});
}
