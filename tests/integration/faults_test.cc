#include "tests/integration/faults.h"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

/// tests/soak sets both.
int number_from(const char* variable, int otherwise) {
    const char* text = std::getenv(variable);
    return text && *text ? std::atoi(text) : otherwise;
}

constexpr int faults_between_comparisons = 25;

/// The pipeline under fire for some faults, then at peace: it must become equal to the source.
void faults_and_compare(Ferry& ferry, FaultInjector& injector, Workload& workload, int faults) {
    workload.start();
    for (int done = 0; done < faults; ++done) injector.strike();
    workload.stop();
    INFO(fmt::format("workload: {} committed, {} failed", workload.committed(), workload.failed()));
    INFO(ferry.log_tail());
    REQUIRE(ferry.running());
    REQUIRE(ferry.caught_up(seconds(180)));
    CHECK(ferry.status().value("dead_letters", 0) == 0);
    REQUIRE(ferry.stop() == Exit{0, 0});
    REQUIRE(ferry.differences() == "");
}

void survive(Ferry& ferry, PgCluster& source, PgCluster* warehouse, std::uint64_t seed) {
    const int faults = number_from("WALFERRY_SOAK_FAULTS", 30);
    INFO(fmt::format("seed {}: again with tests/soak {} {}", seed, faults, seed));
    source.exec(workload_tables_sql(), "shop");
    Workload workload(source, "shop", {.seed = seed, .large_rows = 8000, .pause_ms = 2});
    workload.run(20);
    FaultInjector injector(seed, ferry, source, warehouse);
    for (int left = faults; left > 0; left -= faults_between_comparisons) {
        ferry.start();
        faults_and_compare(ferry, injector, workload, std::min(left, faults_between_comparisons));
        if (faults > 100)
            WARN(fmt::format("{} faults left, {} transactions so far", left, workload.committed()));
    }
    for (const auto& [fault, count] : injector.counts()) WARN(fmt::format("{} × {}", count, fault));
}

}  // namespace

TEST_CASE("whatever is killed and whenever, DuckDB becomes equal to the source", "[faults]") {
    PgCluster source({.fsync = true});
    source.create_database("shop");
    Ferry ferry(source, "shop");
    survive(ferry, source, nullptr, static_cast<std::uint64_t>(number_from("WALFERRY_SEED", 501)));
}

TEST_CASE("whatever is killed and whenever, PostgreSQL becomes equal to the source", "[faults]") {
    PgCluster source({.fsync = true});
    source.create_database("shop");
    PgCluster warehouse({.fsync = true});
    warehouse.create_database("warehouse");
    Ferry ferry(source, "shop", {.warehouse = PgDatabase{warehouse, "warehouse"}});
    survive(ferry, source, &warehouse, static_cast<std::uint64_t>(number_from("WALFERRY_SEED", 502)));
}
