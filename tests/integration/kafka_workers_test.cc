#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/integration/event_stand.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t workers = 4;

/// How many partitions a worker says that it has taken so far.
std::size_t count_of(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
}

/// Between two transactions: what it has locked in the warehouse, nobody else can write.
void freeze_idle(EventFerry& ferry) {
    const auto open = [&] {
        return ferry.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'walferry %' AND "
                   "xact_start IS NOT NULL") != "0";
    };
    ferry.process(0).signal(SIGSTOP);
    while (open()) {
        ferry.process(0).signal(SIGCONT);
        std::this_thread::sleep_for(milliseconds(3));
        ferry.process(0).signal(SIGSTOP);
    }
}

}  // namespace

TEST_CASE("workers that come and go under load apply every event once", "[kafka-workers]") {
    EventStand stand(Target::Postgres, "workers", 8);
    EventLoad load = stand.load({.seed = 21, .transactional = true, .pause_ms = 10});
    load.start();
    EventFerry& ferry = *stand.ferry;
    ferry.start_and_hear(0);
    std::mt19937_64 random(21);
    for (int turn = 0; turn < 24; ++turn) {
        std::this_thread::sleep_for(milliseconds(random() % 1500));
        const std::size_t worker = random() % workers;
        INFO(ferry.logs());
        for (std::size_t other = 0; other < workers; ++other) {
            if (ferry.started(other)) REQUIRE(ferry.process(other).running());
        }
        if (!ferry.started(worker)) {
            ferry.start_and_hear(worker);
        } else if (random() % 2 == 0) {
            ferry.kill(worker);
        } else {
            CHECK(ferry.stop(worker) == Exit{0, 0});
        }
    }
    for (std::size_t worker = 0; worker < workers; ++worker) {
        if (!ferry.started(worker)) ferry.start_and_hear(worker);
    }
    INFO(ferry.logs());
    for (std::size_t worker = 0; worker < workers; ++worker) {
        CHECK(eventually([&] {
            const nlohmann::json status = ferry.status(worker);
            return status.is_object() && status["state"] == "streaming";
        }));
    }
    load.stop();
    const Completed ended = ferry.catch_up();
    INFO(ended.out << ended.err);
    REQUIRE(ended.exit == Exit{0, 0});
    for (std::size_t worker = 0; worker < workers; ++worker) {
        CHECK(ferry.process(worker).running());
        CHECK(ferry.stop(worker) == Exit{0, 0});
    }
    CHECK(stand.differences() == "");
    CHECK(ferry.value("SELECT count(*) FROM public.item_changes WHERE note LIKE 'aborted%'") == "0");
}

TEST_CASE("a worker that was frozen while its partitions moved takes part again", "[kafka-frozen]") {
    EventStand stand(Target::Postgres, "frozen", 4);
    EventFerry& ferry = *stand.ferry;
    EventLoad load = stand.load({.seed = 22, .pause_ms = 2});
    load.start();
    ferry.start_and_hear(0);
    const auto offsets = [&] {
        return ferry.rows("SELECT next_offset FROM walferry.kafka_offset ORDER BY kafka_partition");
    };
    const auto all_move_on = [&](const Rows& before) {
        const Rows now = offsets();
        for (std::size_t i = 0; i < now.size(); ++i)
            if (std::stoll(*now[i][0]) <= std::stoll(*before.at(i)[0])) return false;
        return now.size() == 4;
    };
    REQUIRE(eventually([&] { return ferry.value("SELECT to_regclass('public.item')") != ""; }));
    const Rows none(4, Row{"0"});
    REQUIRE(eventually([&] { return all_move_on(none); }));
    for (int turn = 0; turn < 2; ++turn) {
        freeze_idle(ferry);
        ferry.start_and_hear(1);
        const Rows frozen_at = offsets();
        const std::size_t taken = count_of(ferry.log(0), "ours from offset");
        const bool moved = eventually([&] { return all_move_on(frozen_at); }, seconds(60));
        ferry.process(0).signal(SIGCONT);
        const bool back =
            eventually([&] { return count_of(ferry.log(0), "ours from offset") > taken; }, seconds(60));
        INFO(ferry.logs());
        REQUIRE(moved);
        REQUIRE(back);
        CHECK(ferry.stop(1) == Exit{0, 0});
        CHECK(ferry.process(0).running());
    }
    load.stop();
    CHECK(ferry.stop(0) == Exit{0, 0});
    const Completed ended = ferry.catch_up();
    INFO(ended.out << ended.err);
    REQUIRE(ended.exit == Exit{0, 0});
    CHECK(stand.differences() == "");
}
