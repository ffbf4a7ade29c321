#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct rd_kafka_s;

namespace walferry::testing {

using EventHeaders = std::vector<std::pair<std::string, std::string>>;

/// A record as a topic has it.
struct LoggedEvent {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::optional<std::string> key, value;
    EventHeaders headers;
};

/// Writes records, as Kafka Connect would. Of librdkafka alone, for it is no part of what is tested. One
/// thread.
class EventProducer {
 public:
    /// With an id, every record is in a transaction.
    explicit EventProducer(const std::string& brokers, const std::string& transactional_id = "");
    ~EventProducer();
    EventProducer(const EventProducer&) = delete;
    EventProducer& operator=(const EventProducer&) = delete;

    void begin();
    void commit();
    void abort();
    /// Partition -1: by the key.
    void send(const std::string& topic, const std::optional<std::string>& key,
              const std::optional<std::string>& value, std::int32_t partition = -1,
              const EventHeaders& headers = {});
    /// Waits until all of it is in the log; throws where Kafka did not take one.
    void flush();

 private:
    rd_kafka_s* handle_ = nullptr;
    int failed_ = 0;
};

/// All committed records of the topics, each partition in the order of its offsets. Waits until no
/// transaction is open.
std::vector<LoggedEvent> committed_events(const std::string& brokers,
                                          const std::map<std::string, int>& topics);

}  // namespace walferry::testing
