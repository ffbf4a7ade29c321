#include <nlohmann/json.hpp>

#include "tests/integration/oracle/log_replay.h"
#include "tests/integration/shop.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

constexpr const char* append_replay_tables =
    "  - match: public.full_no_key\n"
    "    targets: [ { mode: upsert }, { mode: append } ]\n"
    "  - match: \"*.*\"\n"
    "    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";

TargetReader reader_of(const Shop& shop, Target target) {
    if (target == Target::DuckDb) return TargetReader(shop.ferry->duckdb_path());
    return TargetReader(PgDatabase{shop.source, "warehouse"});
}

SourceTables tables_of(const Shop& shop) {
    const auto connection = shop.source.connect("shop");
    pqxx::nontransaction session(*connection);
    set_oracle_session(session);
    return SourceTables(session);
}

}  // namespace

TEST_CASE("a change log, replayed by itself, gives the current rows and the history", "[append-replay]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target, {.tables = append_replay_tables});
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop",
                      {.seed = target == Target::DuckDb ? 611u : 612u, .large_rows = 1000, .pause_ms = 10});
    workload.run(10);
    workload.start();
    shop.ferry->start();
    shop.ferry->all_tables_are("streaming", seconds(10));
    workload.stop();
    workload.run(40);
    INFO(shop.ferry->log_tail());
    REQUIRE(shop.ferry->caught_up());
    REQUIRE(shop.ferry->stop() == Exit{0, 0});

    const TargetReader reader = reader_of(shop, target);
    const SourceTables source = tables_of(shop);
    ValuePool pool;
    std::size_t replayed = 0;
    for (const OracleTable& table : source.all()) {
        if (table.key.empty()) continue;
        ++replayed;
        CHECK(log_replay_differences(reader, table, pool) == "");
    }
    CHECK(replayed >= 9);
}
