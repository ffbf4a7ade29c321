#include "pipeline/outbox/outbox_relay.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "checkpoint/checkpoint_store.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"
#include "tests/warehouse/duckdb_session.h"

namespace walferry {

namespace {

using Ids = std::vector<std::int64_t>;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A relay on a DuckDB file whose command writes down what it gets, and fails while the file `closed` is
/// there.
struct Published {
    Published() {
        must(create_control_schema(*file.session, control));
        must(CheckpointStore(control).create(*file.session, {Lsn{100}, 1, 1, "slot", true, 1}));
    }

    void append(WarehouseSession& session, std::int64_t first, std::int64_t last) {
        std::vector<OutboxRow> rows;
        for (std::int64_t id = first; id <= last; ++id)
            rows.push_back({id, {}, 0, "batch", "s.t", "s.t", {}, "{}"});
        must(OutboxStore(control).append(session, rows));
    }
    Ids out() const {
        Ids ids;
        std::istringstream lines(std::filesystem::exists(dir / "out") ? testing::read_file(dir / "out") : "");
        for (std::string line; std::getline(lines, line);) {
            const auto row = nlohmann::json::parse(line, nullptr, false);
            if (!row.is_discarded()) ids.push_back(row["id"].get<std::int64_t>());
        }
        return ids;
    }
    std::string marked() {
        return one(*file.session,
                   "SELECT coalesce(max(id), 0) FROM walferry.outbox WHERE published_at IS NOT NULL")
            .value();
    }
    template <class Condition>
    static bool eventually(Condition condition) {
        for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(milliseconds(10));
        return condition();
    }

    testing::TempDir dir{"relay"};
    OpenFile file;
    ControlSchema control{WarehouseKind::DuckDb, file.session->catalog(), "walferry", "p"};
    Config config =
        must(parse_config("pipeline: p\nsource: { postgres: { connection: dbname=x } }\n"
                          "warehouse: { duckdb: { path: x } }\n"
                          "tables: [ { match: '*', mode: upsert } ]\n"
                          "outbox: { exec: \"test ! -e " +
                              (dir / "closed").string() + " && cat >> " + (dir / "out").string() + "\" }\n",
                          "p.yaml"));
    Metrics metrics{"p"};
    OutboxRelay relay{config, [this] { return file.warehouse->connect(); }, metrics, [](std::uint64_t) {}};
};

}  // namespace

TEST_CASE("the relay publishes what was left, then what comes, and marks it") {
    Published published;
    published.append(*published.file.session, 7, 9);
    must(OutboxStore(published.control).mark_published(*published.file.session, 7));
    published.relay.serve(1);
    REQUIRE(Published::eventually([&] { return published.marked() == "9"; }));
    published.append(*published.file.session, 10, 300);
    published.relay.wake();
    REQUIRE(Published::eventually([&] { return published.marked() == "300"; }));
    Ids all(293);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i) + 8;
    CHECK(published.out() == all);
    CHECK_THAT(published.metrics.text(), CONTAINS_TEXT("walferry_outbox_pending{pipeline=\"p\"} 0"));
}

TEST_CASE("the relay rests while the pipeline is another instance's") {
    Published published;
    must(CheckpointStore(published.control).take_over(*published.file.session));
    published.append(*published.file.session, 1, 1);
    published.relay.serve(1);
    std::this_thread::sleep_for(milliseconds(300));
    published.relay.wake();
    std::this_thread::sleep_for(milliseconds(300));
    CHECK(published.out().empty());
    published.relay.serve(2);
    CHECK(Published::eventually([&] { return published.marked() == "1"; }));
    CHECK(published.out() == Ids{1});
}

TEST_CASE(
    "rows are published while a batch is open, and its own after its commit; neither makes the other fail") {
    Published published;
    published.append(*published.file.session, 1, 3);
    auto applier = must(published.file.warehouse->connect());
    must(applier->begin());
    published.append(*applier, 4, 4);
    published.relay.serve(1);
    REQUIRE(Published::eventually([&] { return published.marked() == "3"; }));
    CHECK(published.out() == Ids{1, 2, 3});
    published.append(*applier, 5, 5);
    must(applier->commit());
    published.relay.wake();
    CHECK(Published::eventually([&] { return published.marked() == "5"; }));
    CHECK(published.out() == Ids{1, 2, 3, 4, 5});
}

TEST_CASE("draining publishes what there is, and leaves what can't be published for the next time") {
    Published published;
    published.append(*published.file.session, 1, 250);
    published.relay.serve(1);
    published.relay.drain(seconds(60));
    CHECK(published.marked() == "250");
    CHECK(published.out().size() == 250);
    published.append(*published.file.session, 251, 252);
    testing::write_file(published.dir / "closed", "");
    OutboxRelay next(
        published.config, [&] { return published.file.warehouse->connect(); }, published.metrics,
        [](std::uint64_t) {});
    next.serve(1);
    next.drain(seconds(60));
    CHECK(published.marked() == "250");
    CHECK(must(OutboxStore(published.control).backlog(*published.file.session, 0)).rows == 2);
}

}  // namespace walferry
