#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "model/quote.h"
#include "tests/integration/oracle/target_rows.h"
#include "tests/integration/shop.h"
#include "tests/integration/wire_proxy.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

constexpr const char* redelivery_tables =
    "  - match: public.marker\n"
    "    mode: upsert\n"
    "  - match: public.full_no_key\n"
    "    targets: [ { mode: upsert }, { mode: append } ]\n"
    "  - match: \"*.*\"\n"
    "    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";

/// Stands between walferry and its source. No acknowledgement reaches the slot, and a stream is asked for
/// from where the slot is, so that all that was ever sent is sent again.
class Redelivery {
 public:
    explicit Redelivery(const PgCluster& source) : proxy_(source) {
        proxy_.watch([this](const WireMessage& message) {
            if (message.sender == Sender::Client) hold_back(message);
            if (is_change(message)) ++changes_;
            return Passage::Forward;
        });
    }
    ~Redelivery() { proxy_.watch({}); }

    std::string url() const { return proxy_.url("shop"); }
    /// How many changes were sent since the last call.
    int take_changes() { return changes_.exchange(0); }

 private:
    /// Standby status update: written, flushed and applied positions; START_REPLICATION … LOGICAL position.
    /// (https://www.postgresql.org/docs/current/protocol-replication.html)
    static void hold_back(const WireMessage& message) {
        if (message.type == 'd' && message.body.starts_with('r'))
            std::fill_n(message.body.begin() + 9, 16, '\0');
        if (!message.is_query("START_REPLICATION")) return;
        const std::size_t position = message.body.find(" LOGICAL ") + 9;
        message.body.replace(position, message.body.find(' ', position) - position, "0/0");
    }

    static bool is_change(const WireMessage& message) {
        constexpr std::size_t header = 25;
        return message.sender == Sender::Server && message.type == 'd' && message.body.size() > header &&
               message.body[0] == 'w' && std::string("IUDT").find(message.body[header]) != std::string::npos;
    }

    std::atomic<int> changes_ = 0;
    WireProxy proxy_;
};

/// All rows of all tables in the warehouse, by table; but for the checkpoint, whose position and epoch go on,
/// and what the marker brings.
std::map<std::string, Rows> dump(const Shop& shop, Target target) {
    const TargetReader reader = target == Target::DuckDb ? TargetReader(shop.ferry->duckdb_path())
                                                         : TargetReader(PgDatabase{shop.source, "warehouse"});
    std::map<std::string, Rows> dumped;
    for (const Row& row : reader.rows("SELECT table_schema, table_name FROM information_schema.tables "
                                      "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')")) {
        const std::string name = *row[0] + "." + *row[1];
        if (name == "walferry.checkpoint" || name == "public.marker") continue;
        const char* rest = name == "walferry.outbox" ? " WHERE source_table NOT LIKE '%marker'" : "";
        Rows& rows = dumped[name];
        rows = reader.rows("SELECT * FROM " + walferry::quote_identifier(*row[0]) + "." +
                           walferry::quote_identifier(*row[1]) + rest);
        std::sort(rows.begin(), rows.end());
    }
    return dumped;
}

/// Catches up through a transaction that comes after all that is sent again, and ends.
void catch_up_to_marker(Shop& shop) {
    shop.sql("INSERT INTO marker DEFAULT VALUES");
    INFO(shop.ferry->log_tail());
    REQUIRE(shop.ferry->caught_up(seconds(120)));
    REQUIRE(shop.ferry->stop() == Exit{0, 0});
}

}  // namespace

TEST_CASE("a stream that is sent again, from its beginning, changes no byte in any target", "[redelivery]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target, {.tables = redelivery_tables});
    Redelivery redelivery(shop.source);
    shop.ferry->write_config(redelivery.url());
    shop.sql(workload_tables_sql() + "; CREATE TABLE marker (id serial PRIMARY KEY)");
    Workload workload(shop.source, "shop",
                      {.seed = target == Target::DuckDb ? 621u : 622u, .large_rows = 1000, .pause_ms = 20});
    workload.run(10);
    workload.start();
    // Under load, too: it dies between commits and acknowledgements that never come.
    for (int life = 0; life < 2; ++life) {
        shop.ferry->start();
        shop.ferry->all_tables_are("streaming", seconds(10));
        if (life == 0) shop.ferry->kill();
    }
    workload.stop();
    workload.run(100);
    catch_up_to_marker(shop);
    const std::string slot = shop.ferry->slot("confirmed_flush_lsn");
    CHECK(shop.ferry->differences() == "");
    const std::map<std::string, Rows> before = dump(shop, target);
    REQUIRE(before.size() > 30);

    redelivery.take_changes();
    shop.ferry->start();
    catch_up_to_marker(shop);
    CHECK(redelivery.take_changes() > 300);
    CHECK(shop.ferry->slot("confirmed_flush_lsn") == slot);
    const std::map<std::string, Rows> after = dump(shop, target);
    CHECK(after.size() == before.size());
    for (const auto& [name, rows] : before) {
        INFO(name << ": " << rows.size() << " rows before, " << after.at(name).size() << " after");
        CHECK((after.at(name) == rows));
    }
}
