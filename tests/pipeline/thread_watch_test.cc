#include "pipeline/thread_watch.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "tests/support/catch.h"

using namespace walferry;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

const StandstillJudge::Clock::time_point start{};

ThreadSight waiting(int used_ns) {
    return {"applier", 7, nanoseconds(used_ns), true};
}

const ThreadSight* find(const std::vector<ThreadSight>& sights, const std::string& name) {
    const auto found =
        std::find_if(sights.begin(), sights.end(), [&](const auto& sight) { return sight.name == name; });
    return found == sights.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("a thread that waits for another one, and does nothing else, stands still after the patience") {
    StandstillJudge judge(seconds(10));
    CHECK(judge.judge({waiting(5)}, start) == "");
    CHECK(judge.judge({waiting(5)}, start + seconds(9)) == "");
    CHECK(judge.judge({waiting(5)}, start + seconds(10)) == "applier");
    CHECK(judge.judge({waiting(6)}, start + seconds(11)) == "");
}

TEST_CASE("a thread that turns in its loop moves, however little it does") {
    StandstillJudge judge(seconds(10));
    for (int second = 0; second < 100; ++second)
        CHECK(judge.judge({waiting(second)}, start + seconds(second)) == "");
}

TEST_CASE("a thread that waits for a server or a disk is all right however long it takes") {
    StandstillJudge judge(seconds(10));
    for (int second = 0; second < 1000; second += 50)
        CHECK(judge.judge({{"applier", 7, nanoseconds(5), false}}, start + seconds(second)) == "");
    // And its time begins anew when it then waits for a thread.
    CHECK(judge.judge({waiting(5)}, start + seconds(1000)) == "");
    CHECK(judge.judge({waiting(5)}, start + seconds(1010)) == "applier");
}

TEST_CASE("a thread that ended is forgotten, and another one with its number begins anew") {
    StandstillJudge judge(seconds(10));
    CHECK(judge.judge({waiting(5)}, start) == "");
    CHECK(judge.judge({}, start + seconds(5)) == "");
    CHECK(judge.judge({waiting(5)}, start + seconds(12)) == "");
}

TEST_CASE("a thread that is held up by a mutex is seen to wait for a thread, and to use no time") {
    std::mutex mutex;
    std::unique_lock held(mutex);
    std::thread blocked([&mutex] {
        const WatchedThread watched("blocked");
        const std::lock_guard lock(mutex);
    });
    ThreadSight first;
    while (!first.waits_for_thread) {
        const auto sights = look_at_threads();
        if (const ThreadSight* sight = find(sights, "blocked")) first = *sight;
        std::this_thread::yield();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto sights = look_at_threads();
    const ThreadSight* later = find(sights, "blocked");
    CHECK((later != nullptr && later->waits_for_thread));
    CHECK((later != nullptr && later->processor_time == first.processor_time));
    held.unlock();
    blocked.join();
    CHECK(find(look_at_threads(), "blocked") == nullptr);
}
