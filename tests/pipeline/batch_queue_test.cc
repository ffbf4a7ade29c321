#include "pipeline/batch_queue.h"

#include <poll.h>

#include <thread>

#include "tests/support/catch.h"

namespace walferry {

namespace {

using std::chrono::milliseconds;

std::unique_ptr<Batch> batch_at(std::uint64_t position) {
    auto batch = std::make_unique<Batch>();
    batch->position = Lsn{position};
    return batch;
}

bool is_readable(const BatchQueue& queue) {
    pollfd descriptor{queue.descriptor(), POLLIN, 0};
    return ::poll(&descriptor, 1, 0) == 1;
}

}  // namespace

TEST_CASE("nobody waits for work at first, and none is there") {
    BatchQueue queue;
    CHECK_FALSE(queue.applier_waits());
    CHECK_FALSE(queue.wait_for_applier(milliseconds{1}));
    CHECK(queue.wait_for_batch(milliseconds{1}) == nullptr);
    CHECK_FALSE(queue.applier_waits());
}

TEST_CASE("a batch handed over just as the applier stopped waiting is found at its next wait") {
    BatchQueue queue;
    queue.hand_over(batch_at(1));
    CHECK_FALSE(queue.applier_waits());
    const auto batch = queue.wait_for_batch(milliseconds{0});
    REQUIRE(batch != nullptr);
    CHECK(batch->position == Lsn{1});
    CHECK(queue.wait_for_batch(milliseconds{0}) == nullptr);
}

TEST_CASE("the reader's descriptor is readable when the applier began to wait") {
    BatchQueue queue;
    CHECK_FALSE(is_readable(queue));
    queue.wait_for_batch(milliseconds{0});
    CHECK(is_readable(queue));
    queue.clear_wake();
    CHECK_FALSE(is_readable(queue));
    queue.wake_reader();
    CHECK(is_readable(queue));
}

TEST_CASE("the applier's wait ends early when it is woken, also when that came before the wait") {
    BatchQueue queue;
    queue.wake_applier();
    CHECK(queue.wait_for_batch(std::chrono::hours{1}) == nullptr);
    std::jthread waker([&] {
        queue.wait_for_applier(std::chrono::hours{1});
        queue.wake_applier();
    });
    CHECK(queue.wait_for_batch(std::chrono::hours{1}) == nullptr);
}

TEST_CASE("two threads pass every batch once, in order, whatever the waits") {
    constexpr std::uint64_t batches = 3000;
    BatchQueue queue;
    std::vector<std::uint64_t> got;
    std::jthread applier([&] {
        while (got.size() < batches) {
            // Waits that run out in the very moment of a hand-over are the point.
            const auto batch = queue.wait_for_batch(milliseconds{got.size() % 3 == 0 ? 0 : 1});
            if (batch != nullptr) got.push_back(batch->position.value);
        }
    });
    for (std::uint64_t i = 0; i < batches;) {
        const bool waits = i % 2 == 0 ? queue.applier_waits() : queue.wait_for_applier(milliseconds{1});
        if (!waits) continue;
        queue.hand_over(batch_at(++i));
    }
    applier.join();
    REQUIRE(got.size() == batches);
    for (std::uint64_t i = 0; i < batches; ++i) REQUIRE(got[i] == i + 1);
}

}  // namespace walferry
