#include "pipeline/alerts/alert_state.h"

#include "tests/support/catch.h"

namespace walferry {

using News = AlertState::News;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

/// Looks at times that count from the beginning.
struct Watched {
    AlertState state;
    News at(int second, std::optional<bool> holds, bool last = false) {
        return state.look(holds, AlertState::Clock::time_point(hours(1)) + seconds(second), last);
    }
};

}  // namespace

TEST_CASE("an alert fires once, at once without a time to hold, and is resolved once") {
    Watched alert{AlertState(seconds(0), hours(4))};
    CHECK(alert.at(0, false) == News::None);
    CHECK(alert.at(1, true) == News::Fires);
    CHECK(alert.at(2, true) == News::None);
    CHECK(alert.at(3, false) == News::Resolved);
    CHECK(alert.at(4, false) == News::None);
    CHECK(alert.at(5, true) == News::Fires);
}

TEST_CASE("an alert fires once its condition has held long enough, without a break") {
    Watched alert{AlertState(seconds(10), hours(4))};
    CHECK(alert.at(0, true) == News::None);
    CHECK(alert.at(9, true) == News::None);
    CHECK(alert.at(9, false) == News::None);
    CHECK(alert.at(10, true) == News::None);
    CHECK(alert.at(19, true) == News::None);
    CHECK(alert.at(20, true) == News::Fires);
    CHECK(alert.state.since() == AlertState::Clock::time_point(hours(1)) + seconds(10));
    for (int second = 21; second < 60; second += 2) {
        CHECK(alert.at(second, false) == (second == 21 ? News::Resolved : News::None));
        CHECK(alert.at(second + 1, true) == News::None);  // flapping never holds long enough
    }
}

TEST_CASE("an alert that goes on firing is told again, now and then or never") {
    Watched alert{AlertState(seconds(0), seconds(10))};
    CHECK(alert.at(0, true) == News::Fires);
    CHECK(alert.at(9, true) == News::None);
    CHECK(alert.at(10, true) == News::FiresStill);
    CHECK(alert.at(19, true) == News::None);
    CHECK(alert.at(25, true) == News::FiresStill);
    CHECK(alert.at(34, true) == News::None);
    CHECK(alert.at(35, std::nullopt) == News::FiresStill);
    CHECK(alert.at(36, false) == News::Resolved);
    Watched once{AlertState(seconds(0), seconds(0))};
    CHECK(once.at(0, true) == News::Fires);
    CHECK(once.at(1'000'000, true) == News::None);
}

TEST_CASE("what is not known neither fires nor resolves nor begins the waiting anew") {
    Watched alert{AlertState(seconds(10), hours(4))};
    CHECK(alert.at(0, std::nullopt) == News::None);
    CHECK(alert.at(1, true) == News::None);
    CHECK(alert.at(5, std::nullopt) == News::None);
    CHECK(alert.at(20, std::nullopt) == News::None);
    CHECK_FALSE(alert.state.firing());
    CHECK(alert.at(21, true) == News::Fires);
    CHECK(alert.at(22, std::nullopt) == News::None);
    CHECK(alert.state.firing());
    CHECK(alert.at(23, true) == News::None);
    CHECK(alert.at(24, false) == News::Resolved);
}

TEST_CASE("what stays as it is needs no time to hold") {
    Watched alert{AlertState(hours(1), hours(4))};
    CHECK(alert.at(0, true) == News::None);
    CHECK(alert.at(1, true, true) == News::Fires);
    CHECK(alert.at(2, true, true) == News::None);
}

}  // namespace walferry
