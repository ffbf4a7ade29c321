#include "tests/integration/event_load.h"

#include <fmt/format.h>

#include <chrono>

namespace walferry::testing {

using Json = nlohmann::json;

std::string EventText::value(char op, const Json& before, const Json& after) const {
    nlohmann::ordered_json event;
    event["before"] = before;
    event["after"] = after;
    event["source"] = {{"version", "3.7.0.Final"},
                       {"connector", "postgresql"},
                       {"name", "events"},
                       {"ts_ms", time_us / 1000},
                       {"snapshot", op == 'r' ? "true" : "false"},
                       {"db", "shop"},
                       {"sequence", fmt::format("[\"{}\",\"{}\"]", lsn - 1, lsn)},
                       {"ts_us", time_us},
                       {"ts_ns", time_us * 1000},
                       {"schema", "public"},
                       {"table", table},
                       {"txId", xid},
                       {"lsn", lsn},
                       {"xmin", nullptr}};
    event["transaction"] = nullptr;
    event["op"] = std::string(1, op);
    event["ts_ms"] = time_us / 1000 + 5;
    return event.dump();
}

EventLoad::EventLoad(const std::string& brokers, std::string topic, EventLoadOptions options)
    : topic_(std::move(topic)),
      options_(options),
      producer_(brokers, options.transactional ? "load of " + topic_ : ""),
      random_(options.seed) {}

EventLoad::~EventLoad() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
}

void EventLoad::send(std::int64_t id, char op, const Json& before, const Json& after,
                     const EventHeaders& headers) {
    producer_.send(topic_, EventText::key(id), text_.value(op, before, after), -1, headers);
    if (op == 'd') producer_.send(topic_, EventText::key(id), std::nullopt, -1, headers);
}

void EventLoad::change(const std::string& mark) {
    text_.lsn += 8 + below(100);  // both halves of a key's change have the same
    const auto id = static_cast<std::int64_t>(below(static_cast<std::uint64_t>(options_.keys)));
    const std::string note = fmt::format("{} {}", mark, random_() % 1'000'000);
    const auto known = rows_.find(id);
    if (known == rows_.end()) {
        const Json row{{"id", id}, {"n", below(1000)}, {"note", note}};
        send(id, below(10) == 0 ? 'r' : 'c', nullptr, row);
        rows_[id] = row;
        return;
    }
    const std::uint64_t dice = below(10);
    if (dice < 7) {
        Json row = known->second;
        row["n"] = below(1000);
        row["note"] = below(5) == 0 ? Json() : Json(note);
        send(id, 'u', nullptr, row);
        known->second = row;
        return;
    }
    // As REPLICA IDENTITY DEFAULT has it: nothing but the key is true.
    const Json before{{"id", id}, {"n", 0}, {"note", nullptr}};
    const auto moved = static_cast<std::int64_t>(below(static_cast<std::uint64_t>(options_.keys)));
    if (dice < 9 || rows_.contains(moved)) {
        send(id, 'd', before, nullptr);
        rows_.erase(id);
        return;
    }
    Json row = known->second;
    row["id"] = moved;
    rows_.erase(id);
    rows_[moved] = row;
    send(id, 'd', before, nullptr, {{"__debezium.newkey", EventText::key(moved)}});
    send(moved, 'c', nullptr, row, {{"__debezium.oldkey", EventText::key(id)}});
}

void EventLoad::source_transaction(const std::string& mark) {
    ++text_.xid;
    text_.time_us += 1 + static_cast<std::int64_t>(below(1000));
    for (std::uint64_t left = 1 + below(4); left > 0; --left) change(mark);
}

void EventLoad::step() {
    if (!options_.transactional) return source_transaction("kept");
    const Rows before = rows_;
    const bool aborts = below(4) == 0;
    producer_.begin();
    for (std::uint64_t left = 1 + below(20); left > 0; --left)
        source_transaction(aborts ? "aborted" : "kept");
    if (!aborts) return producer_.commit();
    producer_.abort();
    rows_ = before;
}

void EventLoad::run(int transactions) {
    for (int i = 0; i < transactions; ++i) step();
    producer_.flush();
}

void EventLoad::start() {
    stop_ = false;
    thread_ = std::thread([this] {
        try {
            while (!stop_) {
                step();
                std::this_thread::sleep_for(std::chrono::milliseconds(options_.pause_ms));
            }
            producer_.flush();
        } catch (...) {
            failure_ = std::current_exception();
        }
    });
}

void EventLoad::stop() {
    stop_ = true;
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
}

}  // namespace walferry::testing
