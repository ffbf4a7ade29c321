#include "warehouse/duckdb/duckdb_types.h"

#include "model/pg_types.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

SourceColumn column(std::uint32_t oid, std::int32_t modifier = -1, char kind = 'b') {
    SourceColumn result;
    result.name = "c";
    result.type.oid = oid;
    result.type.modifier = modifier;
    result.type.kind = kind;
    result.type.sql = "source_type";
    return result;
}

SourceColumn array_column(std::uint32_t element_oid, std::int32_t modifier = -1) {
    SourceColumn result = column(100000, modifier);
    result.type.element_oid = element_oid;
    result.type.element_kind = 'b';
    return result;
}

std::int32_t numeric_modifier(int precision, int scale) {
    return ((precision << 16) | (scale & 0x7ff)) + 4;
}

std::string sql_type(const SourceColumn& source, const std::string& wanted = "") {
    const auto target = map_duckdb_column(source, wanted);
    return target ? target.value().sql_type : std::string(to_string(target.error().kind));
}

}  // namespace

TEST_CASE("a numeric becomes a DECIMAL where one of its shape exists, else text") {
    CHECK(sql_type(column(pg_types::numeric, numeric_modifier(10, 2))) == "DECIMAL(10,2)");
    CHECK(sql_type(column(pg_types::numeric, numeric_modifier(38, 38))) == "DECIMAL(38,38)");
    for (const auto modifier :
         {-1, numeric_modifier(39, 0), numeric_modifier(5, -2), numeric_modifier(3, 5)}) {
        const auto target = map_duckdb_column(column(pg_types::numeric, modifier), "").value();
        CHECK(target.sql_type == "VARCHAR");
        CHECK(target.encoding.kind == Encoding::Text);
        CHECK_FALSE(target.weaker.empty());
    }
}

TEST_CASE("types without a counterpart become text and say so") {
    for (const SourceColumn& source :
         {column(869), column(50000, -1, 'e'), column(50001, -1, 'c'), column(3904, -1, 'r')}) {
        const auto target = map_duckdb_column(source, "").value();
        CHECK(target.sql_type == "VARCHAR");
        CHECK_FALSE(target.weaker.empty());
    }
    CHECK(map_duckdb_column(column(pg_types::text), "").value().weaker.empty());
    CHECK(map_duckdb_column(column(pg_types::jsonb), "").value().encoding.kind == Encoding::Text);
}

TEST_CASE("an array becomes a LIST of its elements' type") {
    const auto target =
        map_duckdb_column(array_column(pg_types::numeric, numeric_modifier(10, 2)), "").value();
    CHECK(target.sql_type == "DECIMAL(10,2)[]");
    CHECK(target.encoding == ColumnEncoding{Encoding::Array, Encoding::Numeric, pg_types::numeric});
    SourceColumn domains = array_column(pg_types::numeric);
    domains.type.element_modifier = numeric_modifier(10, 2);
    CHECK(sql_type(domains) == "DECIMAL(10,2)[]");
    CHECK(sql_type(array_column(pg_types::numeric), "DOUBLE[]") == "DOUBLE[]");
    CHECK(sql_type(array_column(pg_types::int4), "VARCHAR") == "VARCHAR");
    const auto json = map_duckdb_column(array_column(pg_types::int4), "JSON").value();
    CHECK(json.sql_type == "JSON");
    CHECK(json.encoding == ColumnEncoding{Encoding::ArrayJson, Encoding::Text, pg_types::int4});
    CHECK(sql_type(array_column(pg_types::int4), "DOUBLE") == "schema");
    SourceColumn vector = array_column(pg_types::int2);
    vector.type.oid = 22;
    CHECK(sql_type(vector) == "VARCHAR");
}

TEST_CASE("an override is taken where it loses nothing in silence") {
    CHECK(sql_type(column(pg_types::numeric), "DOUBLE") == "DOUBLE");
    CHECK(sql_type(column(pg_types::numeric), "DECIMAL(38,9)") == "DECIMAL(38,9)");
    CHECK(sql_type(column(pg_types::timestamptz), "VARCHAR") == "VARCHAR");
    CHECK(sql_type(column(pg_types::int4), "BIGINT") == "BIGINT");
    CHECK(sql_type(column(pg_types::int8), "INTEGER") == "schema");
    CHECK(sql_type(column(pg_types::text), "INTEGER") == "schema");
}
