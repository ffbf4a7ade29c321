#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/integration/faults.h"
#include "tests/integration/oracle/judge.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

constexpr const char* history_workload_tables =
    "  - match: public.full_no_key\n"
    "    targets: [ { mode: upsert }, { mode: append } ]\n"
    "  - match: \"*.*\"\n"
    "    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";

std::uint64_t seed_or(std::uint64_t otherwise) {
    const char* text = std::getenv("WALFERRY_SEED");
    return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// One more session, whose commits come from a clock that is wrong by up to some seconds either way.
class UnsteadyClock {
 public:
    UnsteadyClock(const PgCluster& source, std::uint64_t seed) : source_(source), random_(seed) {
        source.exec("SELECT pg_replication_origin_create('clock')", "shop");
    }

    void commit() {
        const auto connection = source_.connect("shop");
        pqxx::nontransaction session(*connection);
        set_up(session);
        for (int left = 5; left; --left)
            session.exec(fmt::format(
                "BEGIN; SELECT pg_replication_origin_xact_setup('0/1', clock_timestamp() + {} * interval '1 "
                "ms');"
                "INSERT INTO single_key VALUES ({}, 'clock', {}) ON CONFLICT (id) DO UPDATE SET amount = "
                "excluded.amount; UPDATE counters SET n = n + 1 WHERE id = {}; COMMIT",
                static_cast<int>(below(random_, 8000)) - 4000, 8'000'000 + below(random_, 5),
                below(random_, 1000), 1 + below(random_, 10)));
    }

 private:
    /// The session before may not have left the origin yet.
    static void set_up(pqxx::nontransaction& session) {
        const bool done = eventually([&] {
            try {
                session.exec("SELECT pg_replication_origin_session_setup('clock')");
                return true;
            } catch (const pqxx::sql_error&) {
                return false;
            }
        });
        if (!done) throw std::runtime_error("the replication origin stays in use");
    }

    const PgCluster& source_;
    Random random_;
};

/// Every target of every table, against the oracle and against each other.
void check_targets(SourceLog& log, const TargetReader& reader) {
    log.read();
    Judge judge(log, reader);
    for (const OracleTable& table : log.tables().all()) {
        INFO(table.text());
        CHECK(judge.default_target_differences(table.text()) == "");
    }
    CHECK(judge.sequence_differences() == "");
}

/// The first copy under load, faults from its beginning on, peace, and the judgement.
void survive(PgCluster& source, PgCluster* warehouse, std::uint64_t seed) {
    INFO(fmt::format("seed {}", seed));
    FerryOptions options{.tables = history_workload_tables};
    if (warehouse) options.warehouse.emplace(PgDatabase{*warehouse, "warehouse"});
    Ferry ferry(source, "shop", options);
    SourceLog log({source, "shop"});
    source.exec(workload_tables_sql(), "shop");
    Workload workload(source, "shop", {.seed = seed, .large_rows = 8000, .pause_ms = 5});
    workload.run(20);
    source.exec("INSERT INTO single_key SELECT g, 'before', 1, 'x' FROM generate_series(9000000, 9020000) g",
                "shop");
    UnsteadyClock clock(source, seed);
    FaultInjector injector(seed, ferry, source, warehouse);
    workload.start();
    ferry.start();
    for (int faults = 0; faults < 24; ++faults) {
        injector.strike();
        clock.commit();
        if (faults == 8) ferry.all_tables_are("streaming", seconds(10));
    }
    workload.stop();
    INFO(fmt::format("workload: {} committed, {} failed", workload.committed(), workload.failed()));
    INFO(ferry.log_tail());
    REQUIRE(ferry.running());
    REQUIRE(ferry.caught_up(seconds(180)));
    CHECK(ferry.status().value("dead_letters", 0) == 0);
    REQUIRE(ferry.stop() == Exit{0, 0});
    CHECK(ferry.differences() == "");
    if (warehouse)
        check_targets(log, TargetReader(PgDatabase{*warehouse, "warehouse"}));
    else
        check_targets(log, TargetReader(ferry.duckdb_path()));
}

}  // namespace

TEST_CASE("whatever is killed and whenever, DuckDB's history and log equal what the source's log says",
          "[history-faults]") {
    PgCluster source({.fsync = true});
    source.create_database("shop");
    survive(source, nullptr, seed_or(601));
}

TEST_CASE("whatever is killed and whenever, PostgreSQL's history and log equal what the source's log says",
          "[history-faults]") {
    PgCluster source({.fsync = true});
    source.create_database("shop");
    PgCluster warehouse({.fsync = true});
    warehouse.create_database("warehouse");
    survive(source, &warehouse, seed_or(602));
}
