#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "capture/kafka/kafka_consumer.h"
#include "kafka/kafka_client.h"
#include "publish/kafka/kafka_producer.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/must.h"

/// What tests with a Kafka broker share: a member of a consumer group with the store that a warehouse would
/// be.
namespace walferry::testing {

/// Steps until `done`; throws after a minute.
template <class Step, class Done>
void step_until(const std::string& what, Step step, Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no " + what);
        step();
    }
}

/// A record, copied.
struct ReadRecord {
    KafkaPartition partition;
    std::int64_t offset = 0;
    std::int64_t timestamp_ms = 0;
    std::optional<std::string> key, value;
    std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

/// Reads, and applies what it read when it is told to: rows and offsets at once, as a warehouse commits them.
/// Several members may have one store.
class GroupMemberStand final : public KafkaAssignments {
 public:
    explicit GroupMemberStand(KafkaOffsets& store) : store_(store) {}

    Status open(std::vector<std::string> topics, const std::string& group,
                std::map<std::string, std::string> properties = {}) {
        KafkaConsumerOptions options;
        properties.insert({{"heartbeat.interval.ms", "100"}, {"fetch.wait.max.ms", "50"}});
        options.kafka = {shared_broker().address(), std::move(properties)};
        options.group = group;
        options.topics = std::move(topics);
        WALFERRY_TRY(consumer, KafkaConsumer::open(options, *this));
        consumer_ = std::move(consumer);
        return success();
    }
    void close() { consumer_.reset(); }
    KafkaConsumer& consumer() { return *consumer_; }

    /// Polls once, after waiting a moment for something to come.
    Status step(std::size_t records_max = 100) {
        consumer_->wait(-1, std::chrono::milliseconds(20));
        WALFERRY_TRY(records, consumer_->poll(records_max));
        for (const KafkaRecord& record : records) {
            ReadRecord copy;
            copy.partition = {std::string(record.topic), record.partition};
            copy.offset = record.offset;
            copy.timestamp_ms = record.timestamp_ms;
            if (record.key) copy.key = std::string(*record.key);
            if (record.value) copy.value = std::string(*record.value);
            for (const KafkaHeader& header : record.headers) {
                std::optional<std::string> value;
                if (header.value) value = std::string(*header.value);
                copy.headers.emplace_back(header.name, value);
            }
            if (!ours_.contains(copy.partition)) calls_.push_back("record of " + to_string(copy.partition));
            unapplied_.push_back(std::move(copy));
        }
        return success();
    }

    void apply() {
        for (ReadRecord& record : unapplied_) {
            store_[record.partition] = record.offset + 1;
            applied_.push_back(std::move(record));
        }
        unapplied_.clear();
    }

    void read_until(std::size_t count) {
        step_until(
            std::to_string(count) + " records, but " + std::to_string(applied_.size()),
            [&] {
                must(step());
                apply();
            },
            [&] { return applied_.size() >= count; });
    }

    const std::vector<ReadRecord>& applied() const { return applied_; }
    const std::set<KafkaPartition>& ours() const { return ours_; }
    const std::vector<std::string>& calls() const { return calls_; }
    bool was_called(const std::string& name) const {
        return std::find(calls_.begin(), calls_.end(), name) != calls_.end();
    }

    Result<std::vector<std::int64_t>> assigned(std::span<const KafkaPartition> partitions) override {
        calls_.emplace_back("assigned");
        std::vector<std::int64_t> offsets;
        for (const KafkaPartition& partition : partitions) {
            if (!ours_.insert(partition).second) calls_.push_back("assigned twice: " + to_string(partition));
            const auto stored = store_.find(partition);
            offsets.push_back(stored == store_.end() ? kafka_beginning : stored->second);
        }
        return offsets;
    }
    Status revoked(std::span<const KafkaPartition> partitions) override {
        return give_up("revoked", partitions);
    }
    Status lost(std::span<const KafkaPartition> partitions) override { return give_up("lost", partitions); }

 private:
    Status give_up(const std::string& call, std::span<const KafkaPartition> partitions) {
        calls_.push_back(call);
        for (const KafkaPartition& partition : partitions) {
            if (ours_.erase(partition) == 0) calls_.push_back("not ours: " + to_string(partition));
            std::erase_if(unapplied_,
                          [&](const ReadRecord& record) { return record.partition == partition; });
        }
        return success();
    }

    KafkaOffsets& store_;
    std::unique_ptr<KafkaConsumer> consumer_;
    std::vector<ReadRecord> unapplied_, applied_;
    std::set<KafkaPartition> ours_;
    std::vector<std::string> calls_;
};

/// A producer to the shared broker; without an id it writes without transactions.
inline Result<std::unique_ptr<KafkaProducer>> open_producer(
    const std::string& transactional_id, std::map<std::string, std::string> properties = {}) {
    KafkaProducerOptions options;
    properties.insert({"retry.backoff.ms", "20"});
    options.kafka = {shared_broker().address(), std::move(properties)};
    options.transactional_id = transactional_id;
    return KafkaProducer::open(options);
}

inline void produce(KafkaProducer& producer, const std::string& topic, const std::string& value,
                    std::optional<std::int32_t> partition = 0) {
    ProducedRecord record;
    record.topic = topic;
    record.partition = partition;
    record.value = value;
    must(producer.produce(record));
}

/// Where a partition ends with what is not committed.
inline std::int64_t written_end(const std::string& topic, std::int32_t partition = 0) {
    KafkaClientSetup setup;
    setup.own = {{"isolation.level", "read_uncommitted", ""}};
    const auto client = must(KafkaClient::open({shared_broker().address()}, setup));
    return must(partition_range(client->get(), topic, partition)).end;
}

/// Values of all committed records of a topic, in order within each partition. Waits until no transaction is
/// open: Kafka answers a commit before readers see it.
inline std::vector<std::string> committed_values(const std::string& topic) {
    KafkaOffsets store;
    GroupMemberStand reader(store);
    must(reader.open({topic}, "reader of " + topic));
    KafkaOffsets ends;
    for (const KafkaPartition& partition : must(reader.consumer().partitions()))
        ends[partition] = written_end(topic, partition.partition);
    const auto reached = [&](const auto& end) {
        const auto position = reader.consumer().positions().find(end.first);
        return position != reader.consumer().positions().end() && position->second >= end.second;
    };
    step_until(
        "end of " + topic, [&] { must(reader.step()); },
        [&] { return std::all_of(ends.begin(), ends.end(), reached); });
    reader.apply();
    std::vector<std::string> values;
    for (const ReadRecord& record : reader.applied()) values.push_back(record.value.value_or("null"));
    return values;
}

}  // namespace walferry::testing
