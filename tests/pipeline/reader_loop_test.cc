#include "pipeline/reader_loop.h"

#include <optional>

#include "tests/pipeline/scripted_source.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds long_enough{30'000};
constexpr milliseconds a_moment{400};

/// A reader on its thread; the test plays the source and the applier.
struct Reading {
    explicit Reading(BatchLimits limits = {1000, 1u << 20}, milliseconds delay_max = milliseconds{0})
        : table(table_of(plan())),
          relation(relation_of(*table->plans.front())),
          source(relation, progress),
          builder(
              limits, registry, [this](const Relation&) { return Result<std::shared_ptr<Table>>{table}; },
              Lsn{100}) {
        registry.add(table);
        progress.durable = 100;
        loop.emplace(source, builder, queue, progress, delay_max);
    }
    ~Reading() { stop(); }

    static TablePlan plan() {
        PlanSpec spec;
        spec.columns = {text_column("k")};
        spec.key = {"k"};
        return plan_of(spec);
    }

    void start() {
        thread = std::jthread([this](std::stop_token token) { outcome = loop->run(token); });
    }
    void stop() {
        if (!thread.joinable()) return;
        thread.request_stop();
        queue.wake_reader();
        thread.join();
    }
    /// Says, as the applier does after its commit, that all up to here is durable.
    void durable(std::uint64_t position) {
        progress.durable = position;
        progress.applying_commit = 0;
        queue.wake_reader();
    }

    TableRegistry registry;
    std::shared_ptr<Table> table;
    Relation relation;
    Progress progress;
    ScriptedSource source;
    BatchBuilder builder;
    BatchQueue queue;
    std::optional<ReaderLoop> loop;
    Status outcome = success();
    std::jthread thread;
};

}  // namespace

TEST_CASE("an applier that waits gets a transaction at once") {
    Reading reading;
    reading.start();
    reading.source.push_transaction(200, 3);
    const auto batch = reading.queue.wait_for_batch(long_enough);
    REQUIRE(batch != nullptr);
    CHECK(batch->complete);
    CHECK(batch->rows() == 3);
    CHECK(batch->position == Lsn{210});
}

TEST_CASE("what comes while the applier is busy goes together") {
    Reading reading;
    reading.start();
    for (std::uint64_t lsn = 200; lsn < 1200; lsn += 100) reading.source.push_transaction(lsn, 1);
    REQUIRE(eventually([&] { return reading.progress.received == 1110; }));
    const auto batch = reading.queue.wait_for_batch(long_enough);
    REQUIRE(batch != nullptr);
    CHECK(batch->transactions == 10);
    CHECK(batch->position == Lsn{1110});
}

TEST_CASE("a full batch waits for the applier, and the source is not given up meanwhile") {
    Reading reading({4, 1u << 20});
    reading.start();
    reading.source.push_transaction(200, 10);
    REQUIRE(eventually([&] { return reading.source.keep_alives >= 3; }));
    CHECK(reading.source.left() == 7);  // 6 rows and the commit: memory stays bounded
    reading.durable(150);
    CHECK(eventually([&] { return reading.source.acknowledged == 150; }));

    std::vector<std::size_t> rows;
    bool complete = false;
    while (!complete) {
        const auto batch = reading.queue.wait_for_batch(long_enough);
        REQUIRE(batch != nullptr);
        rows.push_back(batch->rows());
        complete = batch->complete;
    }
    CHECK(rows == std::vector<std::size_t>{4, 4, 2});
}

TEST_CASE("only what is durable is acknowledged") {
    Reading reading;
    reading.start();
    std::uint64_t acknowledged = 0;
    for (std::uint64_t lsn = 200; lsn < 2000; lsn += 100) {
        reading.source.push_transaction(lsn, 2);
        const auto batch = reading.queue.wait_for_batch(long_enough);
        REQUIRE(batch != nullptr);
        CHECK(reading.source.acknowledged == acknowledged);
        reading.durable(batch->position.value);
        acknowledged = batch->position.value;
        REQUIRE(eventually([&] { return reading.source.acknowledged == acknowledged; }));
    }
    CHECK_FALSE(reading.source.acknowledged_too_much);
}

TEST_CASE("a small step of an idle position is not worth a batch") {
    Reading reading;
    reading.start();
    reading.source.push(Keepalive{Lsn{300}, false});
    REQUIRE(eventually([&] { return reading.progress.received == 300; }));
    CHECK(reading.queue.wait_for_batch(a_moment) == nullptr);
    SECTION("until somebody waits for it") {
        reading.progress.wanted = 300;
    }
    SECTION("until a table that catches up waits for it") {
        reading.progress.catching_up = true;
    }
    SECTION("until the source waits for an acknowledgement") {
        reading.source.push(Keepalive{Lsn{300}, true});
    }
    SECTION("until a table waits to go direct") {
        reading.table->state = TableState::CatchingUp;
        reading.registry.ask_direct(*reading.table);
    }
    SECTION("until changes come") {
        reading.source.push_transaction(400, 1);
    }
    const auto batch = reading.queue.wait_for_batch(long_enough);
    REQUIRE(batch != nullptr);
    CHECK(batch->position >= Lsn{300});
}

TEST_CASE("an idle position that moved far is saved") {
    Reading reading;
    reading.start();
    reading.source.push(Keepalive{Lsn{100 + (16u << 20)}, false});
    const auto batch = reading.queue.wait_for_batch(long_enough);
    REQUIRE(batch != nullptr);
    CHECK_FALSE(batch->has_changes());
    CHECK(batch->position == Lsn{100 + (16u << 20)});
}

TEST_CASE("a wanted position is asked for until it came") {
    Reading reading;
    reading.progress.wanted = 500;
    reading.start();
    REQUIRE(eventually([&] { return reading.source.position_requests > 0; }));
    reading.source.push(Keepalive{Lsn{500}, false});
    const auto batch = reading.queue.wait_for_batch(long_enough);
    REQUIRE(batch != nullptr);
    CHECK(batch->position == Lsn{500});
}

TEST_CASE("the age of what is undurable is that of the oldest commit, under steady load, too") {
    Reading reading;
    reading.start();
    CHECK(reading.progress.oldest_undurable_commit() == 0);
    reading.source.push_transaction(200, 1);
    const auto first = reading.queue.wait_for_batch(long_enough);
    REQUIRE(first != nullptr);
    CHECK(reading.progress.oldest_undurable_commit() == 200);
    // The applier is never idle: there is always something received that is not durable yet.
    reading.source.push_transaction(300, 1);
    REQUIRE(eventually([&] { return reading.progress.received == 310; }));
    CHECK(reading.progress.oldest_undurable_commit() == 200);
    reading.durable(210);
    CHECK(reading.progress.oldest_undurable_commit() == 300);
    const auto second = reading.queue.wait_for_batch(long_enough);
    REQUIRE(second != nullptr);
    CHECK(reading.progress.oldest_undurable_commit() == 300);
    reading.durable(310);
    CHECK(reading.progress.oldest_undurable_commit() == 0);
}

TEST_CASE("an error of the source ends the reader with it") {
    Reading reading;
    reading.start();
    reading.source.fail(Error{ErrorKind::Connection, "gone", "", ""});
    reading.thread.join();
    REQUIRE_FALSE(reading.outcome);
    CHECK(reading.outcome.error().kind == ErrorKind::Connection);
}

TEST_CASE("a reader stuck with a full batch stops when asked to") {
    Reading reading({1, 1u << 20});
    reading.start();
    reading.source.push_transaction(200, 5);
    REQUIRE(eventually([&] { return reading.source.left() == 5; }));
    reading.stop();
    CHECK(reading.outcome);
}

}  // namespace walferry
