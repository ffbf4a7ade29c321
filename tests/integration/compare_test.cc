#include "tests/integration/compare.h"

#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

/// The same rows in another database of the server, by PostgreSQL's own dump.
void copy_database(const PgCluster& cluster, const std::string& from, const std::string& to) {
    cluster.create_database(to);
    const Completed copied = run(
        {.command = {"sh", "-c",
                     "\"$1/pg_dump\" -d \"$2\" | \"$1/psql\" -q -v ON_ERROR_STOP=1 -d \"$3\" -o /dev/null",
                     "sh", cluster.bin().string(), cluster.url(from), cluster.url(to)}});
    INFO(copied.err);
    REQUIRE(copied.exit == Exit{});
}

}  // namespace

TEST_CASE("a dump of the source is equal to it, and every kind of damage shows", "[compare]") {
    const PgCluster cluster;
    create_workload_tables(cluster, "shop");
    Workload workload(cluster, "shop", {.seed = 7, .truncates = false, .large_rows = 0});
    workload.run(150);
    INFO(workload.last_problem());
    CHECK(workload.committed() > 400);
    CHECK(workload.failed() < 10);
    for (const char* table :
         {"single_key", "composite_key", "text_key", "uuid_key", "wide", "full_keyed", "full_no_key",
          "by_index", "parted", "exotic", "\"Odd Schema\".\"Weird \"\"Table\""})
        CHECK(cluster.value(std::string("SELECT count(*) > 5 FROM ") + table, "shop") == "t");
    copy_database(cluster, "shop", "copy");
    const PgDatabase source{cluster, "shop"};
    const PgDatabase copy{cluster, "copy"};
    CHECK(differences(source, copy) == "");

    for (const char* damage :
         {"UPDATE single_key SET note = NULL WHERE id = (SELECT min(id) FROM single_key WHERE note IS NOT "
          "NULL)",
          "DELETE FROM full_no_key WHERE ctid = (SELECT ctid FROM full_no_key LIMIT 1)",
          "INSERT INTO full_no_key SELECT * FROM full_no_key LIMIT 1",
          "UPDATE wide SET big_1 = overlay(big_1 placing '#' from 5000) WHERE id = (SELECT id FROM wide "
          "WHERE "
          "length(big_1) > 8000 LIMIT 1)",
          "UPDATE exotic SET c_float4 = c_float4 * 1.0000001 WHERE id = (SELECT min(id) FROM exotic WHERE "
          "c_float4 = 1.1::real)",
          "UPDATE exotic SET c_char = 'abc' WHERE id = (SELECT min(id) FROM exotic WHERE c_char = 'ab')",
          "TRUNCATE parted", "DROP TABLE text_key",
          "ALTER TABLE \"Odd Schema\".\"Weird \"\"Table\" DROP \"UPPER\"",
          "ALTER TABLE uuid_key ADD more integer"}) {
        cluster.exec("CREATE DATABASE damaged TEMPLATE copy");
        cluster.exec(damage, "damaged");
        INFO(damage);
        CHECK(differences(source, PgDatabase{cluster, "damaged"}) != "");
        cluster.drop_database("damaged");
    }
}

TEST_CASE("DuckDB's values are compared by what they mean, not by how they are printed", "[compare]") {
    const PgCluster cluster;
    cluster.create_database("shop");
    cluster.exec(
        "CREATE TABLE t (id integer PRIMARY KEY, f real, d double precision, b bytea, day date, ts "
        "timestamp, tz timestamptz,"
        " clock time, span interval, m money, n numeric(38,10), a timestamptz[], s text[], ok boolean, zoned "
        "timetz);"
        "INSERT INTO t VALUES"
        " (1, 1.1, 16777216, '\\x00ff', '0044-03-15 BC', '0001-12-31 23:59:59.999999 BC', '2024-02-29 "
        "12:00+05:30', '24:00:00',"
        "  '-10 mons +04:05:06.5', '-12.30', 1.5, '{2024-02-29 12:00+00,NULL}', '{\"a,b\",NULL,\"\"}', true, "
        "'12:34:56.5+02'),"
        " (2, 'NaN', '-0', '', 'infinity', '-infinity', 'infinity', '00:00', '1 day -00:00:01', 0, -1, '{}', "
        "'{}', false,"
        "  '00:00:00-07:30')"
        "; INSERT INTO t (id) VALUES (3)",
        "shop");
    const TempDir dir("compare");
    duckdb_execute(dir / "shop.duckdb",
                   "SET TimeZone = 'UTC'; CREATE SCHEMA public;"
                   "CREATE TABLE public.t (id INTEGER, f FLOAT, d DOUBLE, b BLOB, day DATE, ts TIMESTAMP, tz "
                   "TIMESTAMPTZ, clock TIME,"
                   " span INTERVAL, m DECIMAL(19,2), n DECIMAL(38,10), a TIMESTAMPTZ[], s VARCHAR[], ok "
                   "BOOLEAN, zoned TIMETZ, _walferry_lsn UBIGINT);"
                   "INSERT INTO public.t VALUES"
                   " (1, 1.1, 16777216, '\\x00\\xFF', '0044-03-15 (BC)', '0001-12-31 (BC) 23:59:59.999999', "
                   "'2024-02-29 06:30:00+00', '24:00:00',"
                   "  to_months(-10) + to_microseconds(14706500000), -12.30, 1.5, ['2024-02-29 12:00:00+00', "
                   "NULL], ['a,b', NULL, ''], true,"
                   "  '12:34:56.5+02', 9),"
                   " (2, 'NaN', '-0.0', '', 'infinity', '-infinity', 'infinity', '00:00', to_days(1) + "
                   "to_microseconds(-1000000), 0, -1, [], [], false,"
                   "  '00:00:00-07:30', 9);"
                   "INSERT INTO public.t (id) VALUES (3)");
    const PgDatabase source{cluster, "shop"};
    CHECK(differences(source, DuckDbFile(dir / "shop.duckdb")) == "");

    for (const char* damage :
         {"SET f = 1.1000001", "SET d = 0.0", "SET b = '\\x00'", "SET day = '0044-03-15'",
          "SET ts = ts + to_microseconds(1)", "SET tz = tz + to_microseconds(1)", "SET clock = '00:00:01'",
          "SET span = span + to_microseconds(1)", "SET span = span + to_days(1)", "SET m = m + 0.01",
          "SET a = a || [NULL]", "SET s = ['a', 'b', NULL, '']", "SET ok = NULL",
          "SET zoned = '12:34:56.5+03'"}) {
        std::filesystem::copy_file(dir / "shop.duckdb", dir / "damaged.duckdb",
                                   std::filesystem::copy_options::overwrite_existing);
        duckdb_execute(dir / "damaged.duckdb",
                       std::string("SET TimeZone = 'UTC'; UPDATE public.t ") + damage + " WHERE id < 3");
        INFO(damage);
        CHECK(differences(source, DuckDbFile(dir / "damaged.duckdb")) != "");
    }
}
