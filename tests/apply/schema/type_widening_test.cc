#include "apply/schema/type_widening.h"

#include "tests/support/catch.h"

namespace walferry {

TEST_CASE("a target's type is altered in place where every value stays what it is, and only there") {
    struct Case {
        WarehouseKind kind;
        const char* from;
        const char* to;
        bool widens;
    };
    constexpr auto pg = WarehouseKind::Postgres;
    constexpr auto duck = WarehouseKind::DuckDb;
    const Case cases[] = {
        {pg, "smallint", "integer", true},
        {pg, "integer", "bigint", true},
        {pg, "bigint", "integer", false},
        {duck, "SMALLINT", "BIGINT", true},
        {duck, "BIGINT", "INTEGER", false},
        {pg, "integer", "numeric", true},
        {pg, "bigint", "numeric(19,0)", true},
        {pg, "bigint", "numeric(19,1)", false},
        {duck, "INTEGER", "DECIMAL(12,2)", true},
        {duck, "INTEGER", "DECIMAL(11,2)", false},
        {pg, "real", "double precision", true},
        {pg, "double precision", "real", false},
        {duck, "FLOAT", "DOUBLE", true},
        {pg, "numeric(10,2)", "numeric(12,2)", true},
        {pg, "numeric(10,2)", "numeric(12,4)", true},
        {pg, "numeric(10,2)", "numeric(11,4)", false},
        {pg, "numeric(10,2)", "numeric(12,1)", false},
        {pg, "numeric(10,2)", "numeric", true},
        {pg, "numeric", "numeric(10,2)", false},
        {duck, "DECIMAL(10,2)", "DECIMAL(12,2)", true},
        {duck, "DECIMAL(10,2)", "VARCHAR", true},
        {pg, "character varying(10)", "character varying(20)", true},
        {pg, "character varying(20)", "character varying(10)", false},
        {pg, "character varying(20)", "character varying", true},
        {pg, "character varying(20)", "text", true},
        {pg, "text", "character varying(20)", false},
        {pg, "character(3)", "text", true},
        {pg, "date", "text", true},
        {duck, "DATE", "VARCHAR", false},
        {duck, "BOOLEAN", "VARCHAR", true},
        {duck, "DOUBLE", "VARCHAR", false},
        {pg, "date", "timestamp without time zone", false},
        {pg, "integer[]", "bigint[]", true},
        {duck, "BIGINT[]", "INTEGER[]", false},
        {duck, "INTEGER[]", "VARCHAR", false},
        {pg, "public.mood", "public.mood", true},
        {pg, "integer", "double precision", false},
    };
    for (const Case& one : cases) {
        INFO(one.from << " to " << one.to);
        CHECK(widens(one.kind, one.from, one.to) == one.widens);
    }
}

}  // namespace walferry
