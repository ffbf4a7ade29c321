#include "publish/default_value.h"

#include "model/pg_types.h"
#include "tests/publish/made_columns.h"
#include "tests/support/catch.h"

namespace walferry::publish {
namespace {

std::string default_of(std::uint32_t oid, const std::string& expression, char kind = 'b') {
    PublishedColumn column = column_of(oid);
    column.type.kind = kind;
    column.default_expression = expression;
    return default_text(column).value_or("none");
}

}  // namespace

TEST_CASE("a default's literal is taken out of its expression, a function has a stand-in") {
    CHECK(default_of(pg_types::int4, "42") == "42");
    CHECK(default_of(pg_types::int4, "'-1'::integer") == "-1");
    CHECK(default_of(pg_types::int4, "nextval('t_id_seq'::regclass)") == "0");
    CHECK(default_of(pg_types::int4, "NULL::integer") == "none");
    CHECK(default_of(pg_types::boolean, "true") == "t");
    CHECK(default_of(pg_types::text, "'it''s'::text") == "it's");
    CHECK(default_of(pg_types::varchar, "''::character varying") == "");
    CHECK(default_of(pg_types::text, "upper('x'::text)") == "");
    CHECK(default_of(pg_types::date, "now()") == "1970-01-01");
    CHECK(default_of(pg_types::timestamptz, "CURRENT_TIMESTAMP") == "1970-01-01 00:00:00+00");
    CHECK(default_of(pg_types::uuid, "gen_random_uuid()") == "00000000-0000-0000-0000-000000000000");
    CHECK(default_of(pg_types::interval, "'1 day'::interval") == "1 day");
    CHECK(default_of(99999, "'ok'::mood", 'e') == "ok");
    CHECK(default_of(99999, "first_mood()", 'e') == "none");
    CHECK(default_of(pg_types::bytea, "'\\x00'::bytea") == "none");
    CHECK(default_of(pg_types::int4, "") == "none");
    CHECK(default_of(pg_types::text, "'open") == "none");
}

}  // namespace walferry::publish
