#include "pipeline/outbox/outbox_lane.h"

#include "tests/support/catch.h"

namespace walferry {

namespace {

using Ids = std::vector<std::int64_t>;

/// What publishers of a test do and have done, under one lock.
struct World {
    std::mutex mutex;
    std::condition_variable_any changed;
    bool open = true;  ///< else every attempt fails
    bool hangs = false;
    Ids taken;
    int failures = 0, idle = 0;

    template <class Condition>
    bool until(Condition condition) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(20), condition);
    }
    template <class Change>
    void with(Change change) {
        const std::lock_guard lock(mutex);
        change();
        changed.notify_all();
    }
};

class Fake : public OutboxPublisher {
 public:
    explicit Fake(World& world) : world_(world) {}
    std::string name() const override { return "fake"; }
    Status publish(const OutboxRow& row, std::stop_token stop) override {
        std::unique_lock lock(world_.mutex);
        if (world_.hangs) world_.changed.wait(lock, stop, [] { return false; });
        if (!world_.open || stop.stop_requested()) return Error{ErrorKind::Connection, "closed", "", ""};
        world_.taken.push_back(row.id);
        world_.changed.notify_all();
        return success();
    }

 private:
    World& world_;
};

std::unique_ptr<OutboxLane> lane_into(World& world) {
    return std::make_unique<OutboxLane>(
        std::make_unique<Fake>(world),
        OutboxLane::Events{[&] { world.with([&] { ++world.idle; }); },
                           [&](const Error&) { world.with([&] { ++world.failures; }); }});
}

std::vector<OutboxRow> rows(std::int64_t first, std::int64_t last) {
    std::vector<OutboxRow> made;
    for (std::int64_t id = first; id <= last; ++id)
        made.push_back({id, "p", 0, "batch", "s.t", "s.t", {}, "{}"});
    return made;
}

}  // namespace

TEST_CASE("a lane publishes in order, repeats what fails, and goes on") {
    World world;
    world.open = false;
    const auto lane = lane_into(world);
    lane->start_after(4);
    CHECK(lane->wants_rows());
    lane->give(rows(5, 6));
    REQUIRE(world.until([&] { return world.failures >= 3; }));
    CHECK_FALSE(lane->wants_rows());
    CHECK(lane->taken() == 4);
    lane->give(rows(7, 7));
    CHECK(lane->given() == 7);
    world.with([&] { world.open = true; });
    REQUIRE(world.until([&] { return world.idle == 1; }));
    CHECK(world.taken == Ids{5, 6, 7});
    CHECK(lane->taken() == 7);
    CHECK(lane->wants_rows());
}

TEST_CASE("a lane in a hurry gives up where it can't go on") {
    World world;
    const auto lane = lane_into(world);
    lane->give(rows(1, 1));
    REQUIRE(world.until([&] { return world.idle == 1; }));
    world.with([&] { world.open = false; });
    lane->give(rows(2, 3));
    REQUIRE(world.until([&] { return world.failures >= 2; }));
    lane->hurry();
    REQUIRE(world.until([&] { return world.idle == 2; }));
    CHECK(lane->gave_up());
    CHECK_FALSE(lane->wants_rows());
    CHECK(lane->taken() == 1);
}

TEST_CASE("a lane in a hurry still publishes all that it can") {
    World world;
    const auto lane = lane_into(world);
    lane->hurry();
    lane->give(rows(1, 3));
    REQUIRE(world.until([&] { return world.idle == 1; }));
    CHECK(world.taken == Ids{1, 2, 3});
    CHECK_FALSE(lane->gave_up());
}

TEST_CASE("a lane ends in the middle of an attempt and in the middle of its back-off") {
    World world;
    world.hangs = true;
    auto lane = lane_into(world);
    lane->give(rows(1, 1));
    lane->stop();
    CHECK(lane->taken() == 0);
    World other;
    other.open = false;
    auto failing = lane_into(other);
    failing->give(rows(1, 1));
    REQUIRE(other.until([&] { return other.failures >= 5; }));
    failing->stop();
    CHECK(failing->taken() == 0);
}

}  // namespace walferry
