#include "apply/schema/target_ddl.h"

#include "tests/apply/plans.h"
#include "tests/support/catch.h"

namespace walferry::testing {

namespace {

using Lines = std::vector<std::string>;

struct Plans {
    TablePlan before, after;
    ShapeChange change;
};

PlanSpec spec_of(std::vector<ColumnSpec> columns, TableMode mode, WarehouseKind kind,
                 std::vector<std::string> key) {
    PlanSpec spec;
    spec.columns = std::move(columns);
    spec.key = std::move(key);
    spec.kind = kind;
    spec.mode.mode = mode;
    if (spec.key.empty()) spec.identity = ReplicaIdentity::Full;
    return spec;
}

/// `origin`: by new column the place of the old one, -1 for none.
Plans plans_of(std::vector<ColumnSpec> before, std::vector<ColumnSpec> after, const std::vector<int>& origin,
               TableMode mode = TableMode::Upsert, WarehouseKind kind = WarehouseKind::DuckDb,
               const std::vector<std::string>& key = {"id"}) {
    Plans plans{plan_of(spec_of(std::move(before), mode, kind, key)),
                plan_of(spec_of(std::move(after), mode, kind, key)),
                {}};
    plans.change.shape = plans.after.source;
    for (const int place : origin)
        plans.change.origin.push_back(place < 0 ? std::nullopt : std::optional<std::size_t>(place));
    plans.change.missing.resize(origin.size());
    return plans;
}

TargetDdl ddl_of(const Plans& plans) {
    return target_ddl(plans.before, plans.after, plans.change);
}

const ColumnSpec id_spec = int_column("id");

}  // namespace

TEST_CASE("columns that swap their names go by names in between") {
    const Plans plans = plans_of({id_spec, text_column("a"), text_column("b")},
                                 {id_spec, text_column("b"), text_column("a")}, {0, 1, 2});
    const TargetDdl ddl = ddl_of(plans);
    CHECK(ddl.statements == Lines{R"(ALTER TABLE "main"."t" RENAME COLUMN "a" TO "_walferry_renamed_0")",
                                  R"(ALTER TABLE "main"."t" RENAME COLUMN "b" TO "_walferry_renamed_1")",
                                  R"(ALTER TABLE "main"."t" RENAME COLUMN "_walferry_renamed_0" TO "b")",
                                  R"(ALTER TABLE "main"."t" RENAME COLUMN "_walferry_renamed_1" TO "a")"});
    CHECK_FALSE(ddl.alters_structure);
}

TEST_CASE("a column that changes the case of its name alone goes by a name in between in DuckDB") {
    const TargetDdl ddl = ddl_of(plans_of({id_spec, text_column("a")}, {id_spec, text_column("A")}, {0, 1}));
    CHECK(ddl.statements.size() == 2);
}

TEST_CASE(
    "a new column has its missing value in all rows of an upsert target, in the current versions of a "
    "history, "
    "and in no row of a log") {
    const auto kind = GENERATE(WarehouseKind::DuckDb, WarehouseKind::Postgres);
    const auto ddl_for = [&](TableMode mode) {
        Plans plans = plans_of({id_spec}, {id_spec, text_column("n")}, {0, -1}, mode, kind);
        plans.change.missing[1] = "it's";
        return ddl_of(plans);
    };
    const std::string type = kind == WarehouseKind::DuckDb ? "VARCHAR" : "text";
    const TargetDdl upsert = ddl_for(TableMode::Upsert);
    if (kind == WarehouseKind::Postgres) {
        CHECK(upsert.statements ==
              Lines{R"(ALTER TABLE "main"."t" ADD COLUMN "n" text DEFAULT 'it''s'::text)",
                    R"(ALTER TABLE "main"."t" ALTER COLUMN "n" DROP DEFAULT)"});
        CHECK(upsert.fills.empty());
    } else {
        CHECK(upsert.statements == Lines{R"(ALTER TABLE "main"."t" ADD COLUMN "n" VARCHAR)"});
        CHECK(upsert.fills.size() == 1);
    }
    CHECK(upsert.alters_structure);
    const TargetDdl history = ddl_for(TableMode::Scd2);
    CHECK(history.statements == Lines{R"(ALTER TABLE "main"."t" ADD COLUMN "n" )" + type});
    REQUIRE(history.fills.size() == 1);
    const Plans plans = plans_of({id_spec}, {id_spec, text_column("n")}, {0, -1}, TableMode::Scd2, kind);
    CHECK(fill_sql(plans.after, history.fills[0], "1") ==
          R"(UPDATE "main"."t" SET "n" = 1 WHERE "is_current")");
    const TargetDdl log = ddl_for(TableMode::Append);
    CHECK(log.statements.size() == 1);
    CHECK(log.fills.empty());
}

TEST_CASE("DuckDB gets values whose text it would read in its own way loaded, not written out") {
    Plans plans = plans_of({id_spec}, {id_spec, double_column("n")}, {0, -1});
    plans.change.missing[1] = "1.5";
    const TargetDdl ddl = ddl_of(plans);
    CHECK(ddl.statements.size() == 1);
    REQUIRE(ddl.fills.size() == 1);
    CHECK(exact_literal(plans.after, ddl.fills[0]).empty());
    CHECK(fill_sql(plans.after, ddl.fills[0], "x") == R"(UPDATE "main"."t" SET "n" = x)");
}

TEST_CASE("the missing value of an array that is JSON is written out as JSON") {
    const auto kind = GENERATE(WarehouseKind::DuckDb, WarehouseKind::Postgres);
    const TablePlan plan = plan_of(spec_of({id_spec}, TableMode::Upsert, kind, {"id"}));
    FilledColumn fill{{}, R"({a,"it's"})"};
    fill.column.sql_type = "JSON";
    fill.column.encoding = {Encoding::ArrayJson, Encoding::Text, pg_types::text};
    CHECK(exact_literal(plan, fill) == R"('["a","it''s"]'::JSON)");
}

TEST_CASE("a dropped column loses NOT NULL, and is dropped where the plan has it no more") {
    Plans plans = plans_of({id_spec, text_column("a")}, {id_spec, text_column("a")}, {0, 1});
    plans.change.shape.columns[1].dropped = true;
    CHECK(ddl_of(plans).statements == Lines{R"(ALTER TABLE "main"."t" ALTER COLUMN "a" DROP NOT NULL)"});
    CHECK(ddl_of(plans).updates.empty());
    const TargetDdl dropped = ddl_of(plans_of({id_spec, text_column("a")}, {id_spec}, {0}));
    CHECK(dropped.statements == Lines{R"(ALTER TABLE "main"."t" DROP COLUMN "a")"});
    CHECK(dropped.alters_structure);
}

TEST_CASE("without key a dropped column becomes NULL in all rows, for they are found by all their values") {
    Plans plans = plans_of({id_spec, text_column("a")}, {id_spec, text_column("a")}, {0, 1},
                           TableMode::Upsert, WarehouseKind::DuckDb, {});
    plans.change.shape.columns[1].dropped = true;
    CHECK(ddl_of(plans).updates == Lines{R"(UPDATE "main"."t" SET "a" = NULL)"});
}

TEST_CASE("a type that widens is altered; one that does not is told") {
    const Plans wider = plans_of({id_spec, int_column("n")}, {id_spec, bigint_column("n")}, {0, 1});
    CHECK(ddl_of(wider).statements == Lines{R"(ALTER TABLE "main"."t" ALTER COLUMN "n" TYPE BIGINT)"});
    CHECK(unlike_columns(wider.before, wider.after, wider.change).empty());
    const Plans narrower = plans_of({id_spec, bigint_column("n")}, {id_spec, int_column("n")}, {0, 1});
    CHECK(unlike_columns(narrower.before, narrower.after, narrower.change) == std::vector<std::size_t>{1});
}

TEST_CASE("the definition of a DuckDB table is given another name, whatever stands in the old one") {
    const TargetName name{"c", "s", "new"};
    CHECK(create_renamed("CREATE TABLE t(id INTEGER);", name) ==
          R"(CREATE TABLE "c"."s"."new"(id INTEGER);)");
    CHECK(create_renamed(R"(CREATE TABLE "S (x"."t'"".(q"(id INTEGER, "a""(" VARCHAR);)", name) ==
          R"(CREATE TABLE "c"."s"."new"(id INTEGER, "a""(" VARCHAR);)");
}

}  // namespace walferry::testing
