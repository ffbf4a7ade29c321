#include <thread>

#include "tests/integration/shop.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

// scripts/deps pg brings these servers; without them there is nothing to test.
TEST_CASE("newer servers are copied and followed as well, with a failover slot", "[versions]") {
    const int version = GENERATE(17, 18);
    const std::filesystem::path bin =
        std::filesystem::path(WALFERRY_DEPS_DIR) / ("postgresql-" + std::to_string(version)) / "bin";
    if (!std::filesystem::exists(bin / "postgres")) {
        WARN("skipped: no PostgreSQL " << version << " in .deps; get it by scripts/deps pg");
        return;
    }
    const Target target = version == 17 ? Target::DuckDb : Target::Postgres;
    INFO("PostgreSQL " << version << " into " << name_of(target));
    Shop shop(target, {}, {.bin = bin});
    REQUIRE(shop.source.major_version() == version);
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop", {.seed = 600 + static_cast<std::uint64_t>(version)});
    workload.run(40);
    workload.start();
    shop.ferry->start();
    shop.ferry->all_tables_are("streaming", seconds(10));
    std::this_thread::sleep_for(seconds(2));
    workload.stop();
    INFO(shop.ferry->log_tail());
    CHECK(shop.ferry->slot("failover") == "t");
    CHECK(shop.ferry->caught_up(seconds(120)));
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}
