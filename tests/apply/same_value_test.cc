#include "apply/same_value.h"

#include <fmt/format.h>

#include "tests/support/catch.h"
#include "tests/support/pg_cluster.h"

namespace walferry {

using namespace testing;

namespace {

struct Pair {
    const char* type;
    const char* left;
    const char* right;
    const char* same;  ///< t or f
};

}  // namespace

TEST_CASE("PostgreSQL's equality is asked only where equal values are the same value") {
    const PgCluster cluster;
    cluster.exec(
        "CREATE COLLATION careless (provider = icu, locale = 'und-u-ks-level1', deterministic = false)");
    for (const Pair& pair :
         {Pair{"numeric", "1.0", "1.00", "f"}, Pair{"numeric(6,2)", "1.0", "1.00", "t"},
          Pair{"numeric(6,2)", "NaN", "NaN", "t"}, Pair{"double precision", "-0", "0", "f"},
          Pair{"interval", "1 mon", "30 days", "f"}, Pair{"text COLLATE careless", "a", "A", "f"},
          Pair{"text COLLATE careless", "a", "a", "t"}, Pair{"character varying(3)", "a", "a ", "f"},
          Pair{"json", "{}", "{ }", "f"}, Pair{"json", "{}", "{}", "t"},
          Pair{"numeric[]", "{1.0}", "{1.00}", "f"}, Pair{"bigint", "4294967296", "1", "f"},
          Pair{"timestamp(3) with time zone", "2026-01-01 00:00+00", "2026-01-01 01:00+01", "t"},
          Pair{"timestamp without time zone", "infinity", "-infinity", "f"},
          Pair{"bytea", "\\x00", "\\x", "f"}}) {
        CAPTURE(pair.type, pair.left, pair.right);
        const std::string type = pair.type, plain = type.substr(0, type.find(" COLLATE"));
        const auto answer = [&](const std::string& left, const std::string& right) {
            SameRow same(WarehouseKind::Postgres);
            same.add("integer", "t.k", "s.k");
            same.add(plain, "t.v", "s.v");
            cluster.exec(
                fmt::format("DROP TABLE IF EXISTS t, s; CREATE TABLE t (k integer, v {0}); CREATE TABLE s (k "
                            "integer, v {1}); "
                            "INSERT INTO t VALUES (1, {2}); INSERT INTO s VALUES (1, {3})",
                            type, plain, left, right));
            return cluster.value("SELECT " + same.sql() + " FROM t, s");
        };
        CHECK(answer(fmt::format("'{}'", pair.left), fmt::format("'{}'", pair.right)) == pair.same);
        CHECK(answer("NULL", "NULL") == "t");
        CHECK(answer("NULL", fmt::format("'{}'", pair.right)) == "f");
    }
}

}  // namespace walferry
