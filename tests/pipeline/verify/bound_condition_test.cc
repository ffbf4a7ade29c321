#include "pipeline/verify/bound_condition.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/partition_bounds.h"
#include "capture/source_catalog.h"
#include "pipeline/verify/partition_condition.h"
#include "pipeline/verify/postgres_side.h"
#include "tests/support/pg_cluster.h"
#include "tests/warehouse/duckdb_session.h"

using namespace walferry;
using walferry::testing::PgCluster;

namespace {

/// Tables of a source, and plans of theirs for DuckDB.
struct Source {
    Source() {
        cluster.exec(
            "CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN amount AS numeric(10,2);"
            "CREATE TABLE t (id bigint PRIMARY KEY, name varchar(10), code char(5), day date, at "
            "timestamptz, "
            "paid amount, any_scale numeric, m mood, data bytea, ok boolean, tags text[], span interval, "
            "\"Odd One\" integer, secret text, email text);"
            "INSERT INTO t (id, at) SELECT g, timestamptz '2026-01-01' + g * interval '1 hour' FROM "
            "generate_series(1, 20000) g; CREATE INDEX ON t (at); ANALYZE t;"
            "CREATE TABLE parted (id bigint, at timestamptz, kind text, PRIMARY KEY (id, at, kind)) "
            "PARTITION BY "
            "RANGE (at);"
            "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
            "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2026-02-01') TO (MAXVALUE) "
            "PARTITION BY "
            "LIST (kind);"
            "CREATE TABLE parted_2_a PARTITION OF parted_2 FOR VALUES IN ('a', 'it''s');"
            "CREATE TABLE parted_2_rest PARTITION OF parted_2 DEFAULT; CREATE SCHEMA other;"
            "CREATE TABLE other.parted (id bigint PRIMARY KEY) PARTITION BY RANGE (id);"
            "CREATE TABLE other.parted_1 PARTITION OF other.parted FOR VALUES FROM (1) TO (5);"
            "CREATE PUBLICATION p FOR TABLE t, parted, other.parted WITH (publish_via_partition_root = "
            "true)");
        auto catalog = connect_source_catalog(cluster.conninfo());
        tables = catalog.value()->published_tables("p").value();
        query = std::move(open_source_query(cluster.conninfo()).value());
        session = std::move(file.warehouse->connect().value());
    }
    const SourceTable& table(const std::string& name) const {
        return *std::find_if(tables.begin(), tables.end(),
                             [&](const SourceTable& each) { return each.qualified_name() == name; });
    }
    TablePlan plan(const std::string& name) {
        const SourceTable& source = table(name);
        TableRule rule;
        rule.columns.excluded = {"secret"};
        std::vector<TargetColumn> mapped;
        for (const SourceColumn& column : source.columns)
            mapped.push_back(session->map_column(column, "").value());
        return make_table_plan(source, rule, TargetConfig{}, {"", "main", "target"}, WarehouseKind::DuckDb,
                               std::move(mapped))
            .value();
    }
    Result<BoundCondition> bind(const std::string& text, const std::string& name = "public.t") {
        WALFERRY_TRY(condition, parse_condition(text));
        return bind_condition(condition, plan(name), *query);
    }
    std::string explain(const std::string& name, const std::string& part) {
        ComparedTable compared = *plan_comparison(plan(name)).table;
        compared.source_part = part;
        const PostgresSide::Parts parts = source_side(*query, compared, false).value();
        REQUIRE(parts.scanned.size() == 1);
        std::string text;
        const TextRows rows = query
                                  ->rows(fmt::format("EXPLAIN SELECT 1 FROM {} WHERE {}",
                                                     parts.scanned[0].from, parts.scanned[0].filter))
                                  .value();
        for (const auto& row : rows) text += row[0].value_or("") + "\n";
        return text;
    }
    std::vector<RelationId> ids() const {
        std::vector<RelationId> all;
        for (const SourceTable& each : tables) all.push_back(each.id);
        return all;
    }

    PgCluster cluster;
    OpenFile file;
    std::vector<SourceTable> tables;
    std::unique_ptr<SourceQuery> query;
    std::unique_ptr<WarehouseSession> session;
};

}  // namespace

TEST_CASE("a condition is written in the source's and the target's own terms") {
    Source source;
    const auto sides = [&](const std::string& text) {
        const auto bound = source.bind(text);
        if (!bound) return describe(bound.error());
        return bound.value().source_sql + " | " + bound.value().target_sql;
    };
    CHECK(sides("at >= '2026-01-01 02:00+02'") ==
          "\"at\" >= '2026-01-01 00:00:00+00' | \"at\" >= CAST('2026-01-01 00:00:00+00' AS TIMESTAMP WITH "
          "TIME ZONE)");
    CHECK(sides("paid < 0.005") == "\"paid\" < '0.005' | \"paid\" < 0.005");
    CHECK(sides("name IN ('a longer name than ten')") ==
          "\"name\" IN ('a longer name than ten') | \"name\" IN ('a longer name than ten')");
    CHECK(sides("code = 'ab'") == "\"code\" = 'ab' | rtrim(\"code\", ' ') = rtrim('ab', ' ')");
    CHECK(sides("m <> 'sad' AND ok = true") ==
          "\"m\" <> 'sad' AND \"ok\" = 't' | \"m\" <> 'sad' AND \"ok\" = CAST('t' AS BOOLEAN)");
    CHECK(sides("data = '\\x00ff'") == "\"data\" = '\\x00ff' | \"data\" = unhex('00ff')");
    CHECK(sides("day = '0044-03-15 BC'") ==
          "\"day\" = '0044-03-15 BC' | \"day\" = CAST('0044-03-15 (BC)' AS DATE)");
    CHECK(sides("tags IS NOT NULL") == "\"tags\" IS NOT NULL | \"tags\" IS NOT NULL");

    const auto refused = [&](const std::string& text, const std::string& why) {
        const auto bound = source.bind(text);
        REQUIRE(!bound);
        INFO(bound.error().message);
        CHECK(bound.error().kind == ErrorKind::Configuration);
        CHECK(bound.error().message.find(why) != std::string::npos);
    };
    refused("id = 1 AND nane = 'x'", "at character 12: public.t has no column nane; did you mean name?");
    refused("odd_one = 1", "did you mean \"Odd One\"?");
    refused("secret = 'x'", "secret is excluded");
    refused("name > 'a'", "only numbers, dates and times can be put in an order");
    refused("m > 'sad'", "only numbers, dates and times");
    refused("tags = '{a}'", "can't stand in a condition");
    refused("span = '1 day'", "can't stand in a condition");
    refused("any_scale > 1", "can't be compared by a condition");
    refused("id = 'x'", "at character 6: ");
    refused("day = 'tomorrows'", "tomorrows");

    CHECK(
        source.explain("public.t", source.bind("at BETWEEN '2026-01-02' AND '2026-01-03'").value().source_sql)
            .find("t_at_idx") != std::string::npos);
}

TEST_CASE("a partition is found by its name, and its condition reads that partition alone") {
    Source source;
    const auto found = [&](const std::string& name) {
        return find_partition(*source.query, name, source.ids());
    };
    const auto leaf = found("public.parted_2_a");
    REQUIRE(leaf);
    CHECK(leaf.value().root == source.table("public.parted").id);
    const RowCondition condition = partition_condition(leaf.value()).value();
    const BoundCondition bound =
        bind_condition(condition, source.plan("public.parted"), *source.query).value();
    CHECK(bound.source_sql == "\"kind\" IN ('a', 'it''s') AND \"at\" >= '2026-02-01 00:00:00+00'");
    const std::string plan = source.explain("public.parted", bound.source_sql);
    INFO(plan);
    CHECK(plan.find("parted_2_a") != std::string::npos);
    CHECK(plan.find("parted_1") == std::string::npos);
    CHECK(plan.find("parted_2_rest") == std::string::npos);

    CHECK(found("parted_2").value().levels.size() == 1);
    CHECK(found("other.parted_1").value().root == source.table("other.parted").id);
    CHECK(found("parted_1").error().message.find("the name of several partitions") != std::string::npos);
    CHECK(!found("public.parted"));
    CHECK(!found("nothing"));
    CHECK(!partition_condition(found("parted_2_rest").value()));
}
