#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "kafka/kafka_client.h"
#include "model/error.h"

namespace walferry {

/// Finds out whether a consumer's brokers are back: librdkafka tells when all of them are gone, and then
/// tries for ever without a word. One thread.
class BrokerWatch {
 public:
    explicit BrokerWatch(std::string brokers) : brokers_(std::move(brokers)) {}

    /// librdkafka says that no broker can be reached.
    void all_down();
    /// A broker was heard of.
    void seen() { down_since_.reset(); }

    /// Call it often; asks the brokers every 2 s while they are down, for half a second at most. Kind
    /// Connection when none has answered for 30 s.
    Status check(const KafkaClient& client);

 private:
    using Clock = std::chrono::steady_clock;

    std::string brokers_;
    std::optional<Clock::time_point> down_since_;
    Clock::time_point asked_;
};

}  // namespace walferry
