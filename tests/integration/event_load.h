#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "tests/integration/event_topics.h"

namespace walferry::testing {

/// A record as Debezium's JsonConverter without schemas writes it, of a table with key `id`.
struct EventText {
    std::string table = "item";
    std::uint32_t xid = 1;
    std::uint64_t lsn = 1;
    std::int64_t time_us = 1'790'000'000'000'000;

    /// `before` and `after` null where there is none.
    std::string value(char op, const nlohmann::json& before, const nlohmann::json& after) const;
    static std::string key(std::int64_t id) { return nlohmann::json{{"id", id}}.dump(); }
};

struct EventLoadOptions {
    std::uint64_t seed = 1;
    std::int64_t keys = 60;
    /// Kafka's transactions around some of the source's each, of which every fourth is aborted.
    bool transactional = false;
    int pause_ms = 0;  ///< between the source's transactions, of the thread
};

/// Makes a connector's events of a table `item (id, n, note)`: creates, updates, deletes with tombstones,
/// keys that change, transactions of several events that touch a row more than once. What must come of it,
/// the topic itself says (event_judge.h). Aborted ones have `aborted` in their notes.
class EventLoad {
 public:
    EventLoad(const std::string& brokers, std::string topic, EventLoadOptions options);
    ~EventLoad();

    /// So many transactions of the source, then a flush.
    void run(int transactions);
    /// Goes on in a thread, until `stop`. Rethrows there what went wrong.
    void start();
    void stop();

 private:
    using Rows = std::map<std::int64_t, nlohmann::json>;

    void source_transaction(const std::string& mark);
    void change(const std::string& mark);
    void step();
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    void send(std::int64_t id, char op, const nlohmann::json& before, const nlohmann::json& after,
              const EventHeaders& headers = {});

    std::string topic_;
    EventLoadOptions options_;
    EventProducer producer_;
    std::mt19937_64 random_;
    EventText text_;
    Rows rows_;
    std::atomic<bool> stop_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace walferry::testing
