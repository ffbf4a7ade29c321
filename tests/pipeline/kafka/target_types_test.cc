#include "pipeline/kafka/target_types.h"

#include "tests/support/catch.h"

using namespace walferry;

namespace {

std::string source_of(const std::string& sql_type) {
    const auto type = source_type_of(sql_type);
    return type ? type->sql : "-";
}

}  // namespace

TEST_CASE("a target's column says which type of PostgreSQL its values are of") {
    for (const auto& [target, source] : std::vector<std::pair<std::string, std::string>>{
             {"integer", "integer"},
             {"INTEGER", "integer"},
             {"BIGINT", "bigint"},
             {"smallint", "smallint"},
             {"TINYINT", "smallint"},
             {"UBIGINT", "numeric"},
             {"HUGEINT", "numeric"},
             {"DECIMAL(10,2)", "numeric(10,2)"},
             {"numeric(38,0)", "numeric(38,0)"},
             {"numeric", "numeric"},
             {"DOUBLE", "double precision"},
             {"FLOAT", "real"},
             {"VARCHAR", "text"},
             {"text", "text"},
             {"character varying(20)", "text"},
             {"character varying", "text"},
             {"BLOB", "bytea"},
             {"TIMESTAMP WITH TIME ZONE", "timestamp with time zone"},
             {"timestamp(3) without time zone", "timestamp without time zone"},
             {"TIMESTAMP", "timestamp without time zone"},
             {"date", "date"},
             {"uuid", "uuid"},
             {"jsonb", "jsonb"},
             {"BOOLEAN", "boolean"},
             {"integer[]", "integer[]"},
             {"VARCHAR[]", "text[]"},
             {"DECIMAL(10,2)[]", "numeric(10,2)[]"},
             {"integer[][]", "-"},
             {"STRUCT(a INTEGER)", "-"},
             {"public.mood", "-"},
             {"bit(3)", "-"},
             {"", "-"},
         }) {
        CAPTURE(target);
        CHECK(source_of(target) == source);
    }
}

TEST_CASE("a target's column keeps the precision by which the connector's numbers are read") {
    // Milliseconds up to three digits, microseconds beyond.
    CHECK(source_type_of("timestamp(3) without time zone")->modifier == 3);
    CHECK(source_type_of("timestamp without time zone")->modifier == -1);
    CHECK(source_type_of("time(0) without time zone")->modifier == 0);
    CHECK(source_type_of("TIMESTAMP")->modifier == -1);
}
