#include "config/config_changes.h"

#include "tests/support/catch.h"

using namespace walferry;

namespace {

using Keys = std::vector<std::string>;

const std::string before = R"(
pipeline: shop
source: { postgres: { connection: "dbname=shop" } }
tables:
  - match: public.a
    mode: upsert
batch: { max_rows: 100 }
)";

}  // namespace

TEST_CASE("comments, order and notation of a configuration are no change") {
    CHECK(changed_keys(before, R"(# the same
batch:
  max_rows: 100
tables: [{ mode: upsert, match: "public.a" }]
source: { postgres: { connection: dbname=shop } }
pipeline: shop
)")
              .empty());
}

TEST_CASE("a change is named by its key, a list as a whole, whether it came, went or became another") {
    CHECK(changed_keys(before, before + "log: { level: debug }\n") == Keys{"log.level"});
    CHECK(changed_keys(before + "log: { level: debug }\n", before) == Keys{"log.level"});
    std::string other = before;
    other.replace(other.find("100"), 3, "200");
    other.replace(other.find("public.a"), 8, "public.b");
    CHECK(changed_keys(before, other) == Keys{"batch.max_rows", "tables"});
}

TEST_CASE("values that would read the same when put together are told apart") {
    CHECK(changed_keys("tables: [a, b]", "tables: [\"a,b\"]") == Keys{"tables"});
    CHECK(changed_keys("tables: [~]", "tables: [\"~\"]") == Keys{"tables"});
}

TEST_CASE("what belongs to the process wants a restart, what belongs to a session does not") {
    for (const char* key :
         {"tables", "types.numeric", "batch.max_rows", "log.level", "dead_letters.max_rate"})
        CHECK(is_reloadable(key));
    for (const char* key : {"pipeline", "source.postgres.connection", "warehouse.duckdb.path", "http.listen",
                            "log.format", "outbox.webhook", "tablespace", "dead_letters.topic",
                            "source.kafka.topics", "publish.kafka.properties.linger.ms"})
        CHECK_FALSE(is_reloadable(key));
}
