#include "model/pg_types.h"
#include "tests/support/catch.h"
#include "tests/warehouse/postgres_stand.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry {
namespace {

using testing::cluster;
using testing::connect;

SourceColumn source_column(SourceType type) {
    SourceColumn column;
    column.name = "c";
    column.type = std::move(type);
    return column;
}

SourceType builtin(std::uint32_t oid, std::string name, std::int32_t modifier = -1) {
    SourceType type;
    type.oid = oid;
    type.schema = "pg_catalog";
    type.name = std::move(name);
    type.modifier = modifier;
    return type;
}

SourceType own(std::string name, char kind) {
    SourceType type;
    type.oid = 90'000;  // of the source: means nothing in the warehouse
    type.schema = "app";
    type.name = std::move(name);
    type.kind = kind;
    type.sql = "app." + type.name;
    return type;
}

TargetColumn mapped(WarehouseSession& session, const SourceType& type, const std::string& wanted = "") {
    auto column = session.map_column(source_column(type), wanted);
    if (!column) FAIL(describe(column.error()));
    return column.value();
}

}  // namespace

TEST_CASE("built-in types keep their modifiers and are loaded in binary form") {
    const auto session = connect();
    const auto number = mapped(*session, builtin(pg_types::numeric, "numeric", (10 << 16 | 2) + 4));
    CHECK(number.sql_type == "numeric(10,2)");
    CHECK(number.encoding.kind == Encoding::Numeric);
    CHECK(number.binary_loadable);
    CHECK(number.weaker.empty());
    CHECK(mapped(*session, builtin(pg_types::varchar, "varchar", 24)).sql_type == "character varying(20)");
    CHECK(mapped(*session, builtin(pg_types::bpchar, "bpchar")).sql_type == "bpchar");
    CHECK(mapped(*session, builtin(pg_types::timestamptz, "timestamptz", 3)).sql_type ==
          "timestamp(3) with time zone");
}

TEST_CASE("an array of a built-in type carries its elements' encoding, modifier and OID") {
    const auto session = connect();
    SourceType type = builtin(1231, "_numeric", (5 << 16 | 1) + 4);
    type.element_oid = pg_types::numeric;
    type.element_name = "numeric";
    type.element_kind = 'b';
    const auto column = mapped(*session, type);
    CHECK(column.sql_type == "numeric(5,1)[]");
    CHECK(column.encoding == ColumnEncoding{Encoding::Array, Encoding::Numeric, pg_types::numeric});
    CHECK(column.binary_loadable);
}

TEST_CASE("types without a portable binary form stay what they are and are loaded as text") {
    const auto session = connect();
    for (const auto& [oid, name] :
         {std::pair(869u, "inet"), std::pair(142u, "xml"), std::pair(3904u, "int4range"),
          std::pair(1560u, "bit"), std::pair(600u, "point"), std::pair(3614u, "tsvector")}) {
        SourceType type = builtin(oid, name);
        if (oid == 3904u) type.kind = 'r';
        const auto column = mapped(*session, type);
        CHECK(column.sql_type == (oid == 1560u ? "\"bit\"" : name));
        CHECK(column.encoding == ColumnEncoding{});
        CHECK(!column.binary_loadable);
        CHECK(column.weaker.empty());
    }
}

TEST_CASE("an enum is the warehouse's enum of that name, else text") {
    cluster().exec(
        "DROP SCHEMA IF EXISTS app CASCADE; CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('a');"
        "CREATE TABLE app.orders (id int); CREATE TYPE app.pair AS (a int, b int)");
    const auto session = connect();
    const auto mood = mapped(*session, own("mood", 'e'));
    CHECK(mood.sql_type == "app.mood");
    CHECK(mood.binary_loadable);
    const auto absent = mapped(*session, own("colour", 'e'));
    CHECK(absent.sql_type == "text");
    CHECK(absent.binary_loadable);
    CHECK_THAT(absent.weaker, CONTAINS_TEXT("app.colour"));
    CHECK(mapped(*session, own("pair", 'c')).sql_type == "app.pair");
    CHECK(mapped(*session, own("mood", 'c')).sql_type == "text");
    // Its columns are ours and need not be those of the source's row type.
    CHECK(mapped(*session, own("orders", 'c')).sql_type == "text");

    SourceType colours = own("_colour", 'b');
    colours.element_oid = 89'999;
    colours.element_kind = 'e';
    const auto array = mapped(*session, colours);
    CHECK(array.sql_type == "text[]");
    CHECK(!array.binary_loadable);
}

TEST_CASE("an array of a domain is an array of its base type, loaded as text") {
    const auto session = connect();
    SourceType type = own("_positive", 'b');
    type.element_oid = pg_types::int4;
    type.element_kind = 'b';
    const auto column = mapped(*session, type);
    CHECK(column.sql_type == "integer[]");
    CHECK(column.encoding == ColumnEncoding{});
    CHECK(!column.binary_loadable);
}

TEST_CASE("an array that is configured as json is jsonb") {
    const auto session = connect();
    SourceType type = own("_positive", 'b');
    type.element_oid = pg_types::int4;
    type.element_kind = 'b';
    for (const char* wanted : {"json", "jsonb"}) {
        const auto column = mapped(*session, type, wanted);
        CHECK(column.sql_type == "jsonb");
        CHECK(column.encoding == ColumnEncoding{Encoding::ArrayJsonb, Encoding::Text, pg_types::int4});
        CHECK(column.binary_loadable);
    }
    CHECK(mapped(*session, builtin(pg_types::text, "text"), "json").sql_type == "json");
}

TEST_CASE("a configured type replaces the mapped one") {
    const auto session = connect();
    const auto numeric = builtin(pg_types::numeric, "numeric");
    const auto as_double = mapped(*session, numeric, "double precision");
    CHECK(as_double.sql_type == "double precision");
    CHECK(!as_double.binary_loadable);
    CHECK(as_double.encoding == ColumnEncoding{});
    CHECK(!as_double.weaker.empty());
    const auto same = mapped(*session, numeric, "DECIMAL");
    CHECK(same.sql_type == "numeric");
    CHECK(same.encoding.kind == Encoding::Numeric);
    CHECK(same.weaker.empty());
    const auto refused = session->map_column(source_column(numeric), "no_such_type");
    CHECK(refused.error().kind == ErrorKind::Schema);
}

TEST_CASE("a type is normalised to what a table of it is described with") {
    cluster().exec("DROP TABLE IF EXISTS t; DROP DOMAIN IF EXISTS short; CREATE DOMAIN short AS varchar(5)");
    const auto session = connect();
    const std::vector<std::string> types = {"numeric(10, 2)", "DECIMAL",
                                            "varchar(20)",    "char",
                                            "bpchar",         "bit(3)",
                                            "timestamp(3)",   "timestamptz",
                                            "int4[]",         "interval day to second(2)",
                                            "short",          "time with time zone",
                                            "varchar(3)[]"};
    std::string columns;
    for (std::size_t i = 0; i < types.size(); ++i)
        columns += (i ? ", c" : "c") + std::to_string(i) + " " + types[i] + (i == 0 ? " NOT NULL" : "");
    cluster().exec("CREATE TABLE t (" + columns + ")");
    const auto described = session->describe_table({.catalog = "", .schema = "public", .table = "t"}).value();
    REQUIRE(described.has_value());
    REQUIRE(described->size() == types.size());
    CHECK((*described)[0].not_null);
    CHECK(!(*described)[1].not_null);
    for (std::size_t i = 0; i < types.size(); ++i)
        CHECK(session->normalise_type(types[i]).value() == (*described)[i].sql_type);
    CHECK(session->normalise_type("numeric(10,2)").value() == "numeric(10,2)");
    CHECK(session->normalise_type("int); DROP TABLE t; --").has_value() == false);
    CHECK(cluster().value("SELECT count(*) FROM pg_class WHERE relname = 't'") == "1");
}

TEST_CASE("a table that does not exist is told from one without columns, and a view is refused") {
    cluster().exec(
        "DROP TABLE IF EXISTS t CASCADE; DROP TABLE IF EXISTS bare; CREATE TABLE bare ();"
        "CREATE OR REPLACE VIEW seen AS SELECT 1 AS a");
    const auto session = connect();
    CHECK(!session->describe_table({.catalog = "", .schema = "public", .table = "t"}).value().has_value());
    CHECK(session->describe_table({.catalog = "", .schema = "public", .table = "bare"}).value()->empty());
    CHECK(session->describe_table({.catalog = "", .schema = "public", .table = "seen"}).error().kind ==
          ErrorKind::Schema);
}

}  // namespace walferry
