#include "pipeline/alerts/alert_lane.h"

#include <atomic>
#include <future>

#include "tests/support/catch.h"

namespace walferry {

using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

AlertMessage message(bool firing) {
    AlertMessage made;
    made.alert = "a";
    made.firing = firing;
    return made;
}

/// A listener that takes or refuses, each attempt when the test lets it.
class Listener {
 public:
    AlertLane::Deliver deliver() {
        return [this](const AlertMessage& given, std::stop_token stop) -> Status {
            ++attempts;
            std::unique_lock lock(mutex_);
            if (!open_.wait(lock, stop, [this] { return !closed_; }))
                return Error{ErrorKind::Cancelled, "given up", "", ""};
            if (refuses) return Error{ErrorKind::Connection, "refused", "", ""};
            taken_ += given.firing ? 'F' : 'R';
            return success();
        };
    }
    void close(bool closed) {
        const std::lock_guard lock(mutex_);
        closed_ = closed;
        open_.notify_all();
    }
    std::string taken() {
        const std::lock_guard lock(mutex_);
        return taken_;
    }
    void wait_for_attempts(int count) const {
        while (attempts < count) std::this_thread::yield();
    }

    std::atomic<bool> refuses = false;
    std::atomic<int> attempts = 0;

 private:
    std::mutex mutex_;
    std::condition_variable_any open_;
    bool closed_ = false;
    std::string taken_;
};

bool done(AlertLane& lane) {
    return lane.wait_until_done(steady_clock::now() + seconds(60));
}

}  // namespace

TEST_CASE("messages go in order, also when the listener was away, and once each") {
    Listener listener;
    AlertLane lane("a", listener.deliver());
    listener.refuses = true;
    lane.give(message(true));
    lane.give(message(true));  // a repetition of what was not told yet
    lane.give(message(false));
    listener.wait_for_attempts(3);
    CHECK(listener.taken().empty());
    listener.refuses = false;
    REQUIRE(done(lane));
    CHECK(listener.taken() == "FR");
    lane.give(message(true));
    REQUIRE(done(lane));
    lane.give(message(true));  // told again
    REQUIRE(done(lane));
    CHECK(listener.taken() == "FRFF");
}

TEST_CASE("an alert that flaps while its listener hangs leaves the ends out that nobody was told of") {
    Listener listener;
    AlertLane lane("a", listener.deliver());
    listener.close(true);
    lane.give(message(true));
    listener.wait_for_attempts(1);
    for (int i = 0; i < 100; ++i) {
        lane.give(message(false));
        lane.give(message(true));
    }
    lane.give(message(false));
    listener.close(false);
    REQUIRE(done(lane));
    CHECK(listener.taken() == "FR");
    // An end that is on its way can't be taken back.
    lane.give(message(true));
    REQUIRE(done(lane));
    const int before = listener.attempts;
    listener.close(true);
    lane.give(message(false));
    listener.wait_for_attempts(before + 1);
    for (int i = 0; i < 100; ++i) {
        lane.give(message(true));
        lane.give(message(false));
    }
    lane.give(message(true));
    listener.close(false);
    REQUIRE(done(lane));
    CHECK(listener.taken() == "FRFRF");
}

TEST_CASE("in a hurry what waits gets one more attempt, and a listener that hangs is left") {
    Listener listener;
    {
        AlertLane lane("a", listener.deliver());
        listener.refuses = true;
        lane.give(message(true));
        lane.give(message(false));
        listener.wait_for_attempts(1);
        lane.hurry();
        CHECK(done(lane));
        CHECK(listener.attempts <= 3);
    }
    listener.close(true);
    const int before = listener.attempts;
    {
        AlertLane lane("a", listener.deliver());
        lane.give(message(true));
        listener.wait_for_attempts(before + 1);
        lane.hurry();
        CHECK_FALSE(lane.wait_until_done(steady_clock::now() + std::chrono::milliseconds(20)));
    }
    CHECK(listener.taken().empty());
}

}  // namespace walferry
