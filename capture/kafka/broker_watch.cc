#include "capture/kafka/broker_watch.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace walferry {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds down_time_max{30'000};
constexpr milliseconds ask_interval{2'000};
constexpr milliseconds answer_time_max{500};

}  // namespace

void BrokerWatch::all_down() {
    if (down_since_) return;
    spdlog::warn("Kafka: no broker of {} can be reached; trying again", brokers_);
    down_since_ = asked_ = Clock::now();
}

Status BrokerWatch::check(const KafkaClient& client) {
    if (!down_since_ || Clock::now() - asked_ < ask_interval) return success();
    if (client.reachable(answer_time_max)) {
        spdlog::info("Kafka: {} can be reached again", brokers_);
        seen();
        return success();
    }
    asked_ = Clock::now();
    if (asked_ - *down_since_ < down_time_max) return success();
    return Error{ErrorKind::Connection, fmt::format("no Kafka broker of {} answers", brokers_), "", ""};
}

}  // namespace walferry
