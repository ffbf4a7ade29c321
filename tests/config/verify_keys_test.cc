#include "config/config.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

std::string verify_error(const std::string& verify) {
    const auto config = parse_config(
        "source: { postgres: { connection: dbname=shop } }\n"
        "warehouse: { duckdb: { path: shop.duckdb } }\n"
        "tables: [ { match: '*', mode: upsert } ]\n" +
            verify + "\n",
        "f.yaml");
    return config ? "no error" : config.error().message;
}

}  // namespace

TEST_CASE("a schedule of comparisons needs a time, and a rate above zero") {
    CHECK(verify_error("verify: { every: 1d }") == "no error");
    CHECK(verify_error("verify: { rate: 5 }") ==
          "f.yaml:4: verify.every: is missing, allowed: a duration such as 500ms, 60s or 24h, from 1s to "
          "3650d");
    CHECK(verify_error("verify: { every: 1d, rate: 0 }") ==
          "f.yaml:4: verify.rate: \"0\" is no such value, allowed: a whole number from 1 to 1000000000");
}
