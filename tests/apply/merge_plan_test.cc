#include "apply/upsert/merge_plan.h"

#include "tests/apply/plans.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

TablePlan orders(WarehouseKind kind) {
    PlanSpec spec;
    spec.columns = {text_column("note"), bigint_column("id"), double_column("price")};
    spec.key = {"id"};
    spec.kind = kind;
    spec.metadata = true;
    spec.target = {kind == WarehouseKind::DuckDb ? "shop" : "", "public", "orders"};
    return plan_of(spec);
}

TablePlan odd_names(WarehouseKind kind) {
    PlanSpec spec;
    spec.columns = {bigint_column("select"), text_column("a \"b\"")};
    spec.key = {"select"};
    spec.kind = kind;
    spec.target = {"", "My Schema", "t;--"};
    return plan_of(spec);
}

TablePlan only_key(WarehouseKind kind) {
    PlanSpec spec;
    spec.columns = {bigint_column("id"), text_column("code")};
    spec.key = {"id", "code"};
    spec.kind = kind;
    return plan_of(spec);
}

TablePlan without_key(WarehouseKind kind) {
    PlanSpec spec;
    spec.columns = {bigint_column("n"), double_column("x")};
    spec.kind = kind;
    spec.identity = ReplicaIdentity::Full;
    spec.metadata = true;
    return plan_of(spec);
}

}  // namespace

TEST_CASE("staging tables are made once a PostgreSQL session and empty themselves at commit") {
    const TablePlan plan = orders(WarehouseKind::Postgres);
    CHECK(create_staging_sql(plan, upsert_staging(plan)) ==
          "CREATE TEMP TABLE IF NOT EXISTS \"_walferry_gone_7_0\" (c0 bigint) ON COMMIT DELETE ROWS;\n"
          "CREATE TEMP TABLE IF NOT EXISTS \"_walferry_changed_7_0\" (g integer, c0 bigint, c1 text, "
          "c2 double precision, c3 pg_lsn, c4 timestamp with time zone) ON COMMIT DELETE ROWS;\n"
          "CREATE TEMP TABLE IF NOT EXISTS \"_walferry_moved_7_0\" (g integer, c0 bigint, c1 text, "
          "c2 double precision, c3 pg_lsn, c4 timestamp with time zone, b0 bigint) ON COMMIT DELETE ROWS;\n");
    CHECK(clear_staging_sql(plan, upsert_staging(plan)) ==
          "TRUNCATE \"pg_temp\".\"_walferry_gone_7_0\", \"pg_temp\".\"_walferry_changed_7_0\", "
          "\"pg_temp\".\"_walferry_moved_7_0\"");
}

TEST_CASE("staging tables are made anew for each use in DuckDB") {
    const TablePlan plan = orders(WarehouseKind::DuckDb);
    CHECK(
        create_staging_sql(plan, upsert_staging(plan)) ==
        "CREATE OR REPLACE TEMP TABLE \"_walferry_gone_7_0\" (c0 BIGINT);\n"
        "CREATE OR REPLACE TEMP TABLE \"_walferry_changed_7_0\" (g integer, c0 BIGINT, c1 VARCHAR, c2 "
        "DOUBLE, "
        "c3 UBIGINT, c4 TIMESTAMP WITH TIME ZONE);\n"
        "CREATE OR REPLACE TEMP TABLE \"_walferry_moved_7_0\" (g integer, c0 BIGINT, c1 VARCHAR, c2 DOUBLE, "
        "c3 UBIGINT, c4 TIMESTAMP WITH TIME ZONE, b0 BIGINT);\n");
    CHECK(clear_staging_sql(plan, upsert_staging(plan)) == create_staging_sql(plan, upsert_staging(plan)));
}

TEST_CASE("PostgreSQL updates rows in place and adds those that are missing") {
    const TablePlan plan = orders(WarehouseKind::Postgres);
    CHECK(delete_gone_sql(plan) ==
          "DELETE FROM \"public\".\"orders\" AS t USING \"pg_temp\".\"_walferry_gone_7_0\" AS s WHERE "
          "t.\"id\" = s.c0");
    CHECK(
        update_changed_sql(plan, full_group, {}) ==
        "UPDATE \"public\".\"orders\" AS t SET \"note\" = s.c1, \"price\" = s.c2, \"_walferry_lsn\" = s.c3, "
        "\"_walferry_synced_at\" = s.c4 FROM \"pg_temp\".\"_walferry_changed_7_0\" AS s WHERE s.g = 1 AND "
        "t.\"id\" = s.c0");
    CHECK(insert_missing_sql(plan) ==
          "INSERT INTO \"public\".\"orders\" (\"id\", \"note\", \"price\", \"_walferry_lsn\", "
          "\"_walferry_synced_at\") SELECT s.c0, s.c1, s.c2, s.c3, s.c4 FROM "
          "\"pg_temp\".\"_walferry_changed_7_0\" AS s WHERE s.g = 1 AND NOT EXISTS (SELECT 1 FROM "
          "\"public\".\"orders\" AS t WHERE t.\"id\" = s.c0)");
}

TEST_CASE("unchanged columns are left alone by an update") {
    const TablePlan plan = orders(WarehouseKind::Postgres);
    CHECK(update_changed_sql(plan, 2, {1}) ==
          "UPDATE \"public\".\"orders\" AS t SET \"price\" = s.c2, \"_walferry_lsn\" = s.c3, "
          "\"_walferry_synced_at\" = s.c4 FROM \"pg_temp\".\"_walferry_changed_7_0\" AS s WHERE s.g = 2 AND "
          "t.\"id\" = s.c0");
}

TEST_CASE("unchanged values of a moved row come from the row under its base key") {
    CHECK(fill_moved_sql(orders(WarehouseKind::Postgres), 3, {1, 2}) ==
          "UPDATE \"pg_temp\".\"_walferry_moved_7_0\" AS s SET c1 = t.\"note\", c2 = t.\"price\" FROM "
          "\"public\".\"orders\" AS t WHERE s.g = 3 AND t.\"id\" = s.b0");
    CHECK(fill_changed_sql(orders(WarehouseKind::DuckDb), 2, {1}) ==
          "UPDATE \"temp\".\"main\".\"_walferry_changed_7_0\" AS s SET c1 = t.\"note\" FROM "
          "\"shop\".\"public\".\"orders\" AS t WHERE s.g = 2 AND t.\"id\" = s.c0");
}

TEST_CASE("DuckDB inserts what it has deleted") {
    const TablePlan plan = orders(WarehouseKind::DuckDb);
    CHECK(
        delete_gone_sql(plan) ==
        "DELETE FROM \"shop\".\"public\".\"orders\" AS t USING \"temp\".\"main\".\"_walferry_gone_7_0\" AS s "
        "WHERE t.\"id\" = s.c0");
    CHECK(insert_changed_sql(plan) ==
          "INSERT INTO \"shop\".\"public\".\"orders\" (\"id\", \"note\", \"price\", \"_walferry_lsn\", "
          "\"_walferry_synced_at\") SELECT s.c0, s.c1, s.c2, s.c3, s.c4 FROM "
          "\"temp\".\"main\".\"_walferry_changed_7_0\" AS s");
    CHECK(insert_moved_sql(plan).ends_with("FROM \"temp\".\"main\".\"_walferry_moved_7_0\" AS s"));
    CHECK(empty_target_sql(plan) == "DELETE FROM \"shop\".\"public\".\"orders\"");
    CHECK(empty_target_sql(orders(WarehouseKind::Postgres)) == "TRUNCATE \"public\".\"orders\"");
}

TEST_CASE("odd names are quoted, and metadata is left out where it is off") {
    const TablePlan plan = odd_names(WarehouseKind::Postgres);
    CHECK(insert_moved_sql(plan) ==
          "INSERT INTO \"My Schema\".\"t;--\" (\"select\", \"a \"\"b\"\"\") SELECT s.c0, s.c1 FROM "
          "\"pg_temp\".\"_walferry_moved_7_0\" AS s");
    CHECK(update_changed_sql(plan, full_group, {}) ==
          "UPDATE \"My Schema\".\"t;--\" AS t SET \"a \"\"b\"\"\" = s.c1 FROM "
          "\"pg_temp\".\"_walferry_changed_7_0\" AS s WHERE s.g = 1 AND t.\"select\" = s.c0");
}

TEST_CASE("a table of key columns alone has nothing to update") {
    const TablePlan plan = only_key(WarehouseKind::Postgres);
    CHECK(update_changed_sql(plan, full_group, {}).empty());
    CHECK(delete_gone_sql(plan).ends_with("WHERE t.\"id\" = s.c0 AND t.\"code\" = s.c1"));
    CHECK(gone_columns(plan).size() == 2);
    CHECK(moved_columns(plan).back().name == "b1");
}

TEST_CASE("all columns unchanged but the key leaves nothing to update without metadata") {
    CHECK(update_changed_sql(odd_names(WarehouseKind::Postgres), 2, {1}).empty());
}

TEST_CASE("a table without key counts rows down one by one") {
    CHECK(
        create_staging_sql(without_key(WarehouseKind::Postgres),
                           upsert_staging(without_key(WarehouseKind::Postgres))) ==
        "CREATE TEMP TABLE IF NOT EXISTS \"_walferry_fewer_7_0\" (n bigint, c0 bigint, c1 double precision) "
        "ON COMMIT DELETE ROWS;\n");
    CHECK(clear_staging_sql(without_key(WarehouseKind::Postgres),
                            upsert_staging(without_key(WarehouseKind::Postgres))) ==
          "TRUNCATE \"pg_temp\".\"_walferry_fewer_7_0\"");
    const std::string postgres = delete_fewer_sql(without_key(WarehouseKind::Postgres));
    CHECK(
        postgres ==
        "DELETE FROM \"main\".\"t\" WHERE ctid IN (SELECT x.id FROM (SELECT t.ctid AS id, s.n, row_number() "
        "OVER (PARTITION BY s.k) AS r FROM \"main\".\"t\" AS t JOIN (SELECT ROW(c0, c1)::text AS k, sum(n) "
        "AS n "
        "FROM \"pg_temp\".\"_walferry_fewer_7_0\" GROUP BY 1) AS s ON ROW(t.\"n\", t.\"x\")::text = s.k) AS "
        "x "
        "WHERE x.r <= x.n)");
    const std::string duckdb = delete_fewer_sql(without_key(WarehouseKind::DuckDb));
    CHECK(duckdb.find("t.\"n\" IS NOT DISTINCT FROM s.k0") != std::string::npos);
    CHECK(duckdb.find("t.\"x\"::VARCHAR IS NOT DISTINCT FROM s.k1") != std::string::npos);
    CHECK(duckdb.find("c0 AS k0, c1::VARCHAR AS k1") != std::string::npos);
}

}  // namespace walferry
