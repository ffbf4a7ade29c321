#include "dlq/rejection_rate.h"

#include "tests/support/catch.h"

using walferry::RejectionRate;

TEST_CASE("the breaker says nothing before 1,000 events were seen") {
    RejectionRate rate(0.05);
    CHECK_FALSE(rate.note(0, 999));
    CHECK(rate.note(0, 1));
}

TEST_CASE("the breaker trips above the rate, not at it") {
    RejectionRate rate(0.05);
    CHECK_FALSE(rate.note(950, 50));
    CHECK(rate.note(0, 1));
    CHECK_FALSE(rate.note(19, 0));
}

TEST_CASE("only the last 10,000 events count") {
    RejectionRate rate(0.05);
    CHECK_FALSE(rate.note(9'500, 500));
    CHECK_FALSE(rate.note(10'000, 0));
    CHECK(rate.rate() == 0);
    CHECK_FALSE(rate.note(0, 500));
    CHECK(rate.note(0, 1));
}

TEST_CASE("events leave the window one by one as well") {
    RejectionRate rate(0.5);
    for (int i = 0; i < 5'000; ++i) CHECK_FALSE(rate.note(1, 0));
    for (int i = 0; i < 5'000; ++i) CHECK_FALSE(rate.note(0, 1));
    CHECK(rate.rate() == 0.5);
    CHECK(rate.note(0, 1));
    for (int i = 0; i < 10'000; ++i) rate.note(1, 0);
    CHECK(rate.rate() == 0);
}

TEST_CASE("a batch larger than the window counts by its share") {
    RejectionRate strict(0.05);
    CHECK(strict.note(90'000, 10'000));
    RejectionRate lenient(0.2);
    CHECK_FALSE(lenient.note(90'000, 10'000));
    CHECK(lenient.rate() == 0.1);
}

TEST_CASE("at 1 every event may be refused, at 0 none") {
    RejectionRate all(1);
    CHECK_FALSE(all.note(0, 50'000));
    RejectionRate none(0);
    CHECK_FALSE(none.note(50'000, 0));
    CHECK(none.note(0, 1));
    CHECK(none.note(0, 0));
}
