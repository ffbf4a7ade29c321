#include "pipeline/config_exchange.h"

#include "tests/support/catch.h"

using namespace walferry;
using Offer = ConfigExchange::Offer;

namespace {

Config with_rows(std::uint64_t rows) {
    Config config;
    config.batch.rows_max = rows;
    return config;
}

}  // namespace

TEST_CASE("an offer stops the session that runs, and the next one has it") {
    ConfigExchange exchange(with_rows(1));
    std::stop_source session;
    CHECK_FALSE(exchange.begin_session(session));
    exchange.settle();
    exchange.offer(with_rows(2));
    CHECK(session.stop_requested());
    CHECK(exchange.current().batch.rows_max == 1);
    CHECK(exchange.newest_offer() == Offer::Waiting);
    CHECK(exchange.begin_session(std::stop_source()));
    CHECK(exchange.current().batch.rows_max == 2);
    CHECK(exchange.newest_offer() == Offer::Trying);
    exchange.settle();
    CHECK(exchange.newest_offer() == Offer::Taken);
    CHECK_FALSE(exchange.give_up());
    CHECK(exchange.current().batch.rows_max == 2);
}

TEST_CASE("an offer under which no session began is given up for what worked before") {
    ConfigExchange exchange(with_rows(1));
    exchange.begin_session(std::stop_source());
    exchange.settle();
    exchange.offer(with_rows(2));
    exchange.begin_session(std::stop_source());
    exchange.offer(with_rows(3));
    exchange.begin_session(std::stop_source());
    CHECK(exchange.give_up());
    CHECK(exchange.current().batch.rows_max == 1);
    CHECK(exchange.newest_offer() == Offer::GivenUp);
    CHECK_FALSE(exchange.give_up());
}

TEST_CASE("the first configuration has no way back: its failure is the service's") {
    ConfigExchange exchange(with_rows(1));
    exchange.begin_session(std::stop_source());
    CHECK_FALSE(exchange.give_up());
}

TEST_CASE("a configuration stays where it is for those who look at it, also when another one is current") {
    ConfigExchange exchange(with_rows(1));
    const Config& first = exchange.current();
    for (std::uint64_t rows = 2; rows < 50; ++rows) {
        exchange.offer(with_rows(rows));
        exchange.begin_session(std::stop_source());
        exchange.settle();
    }
    CHECK(first.batch.rows_max == 1);
}
