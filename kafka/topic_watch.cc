#include "kafka/topic_watch.h"

#include <algorithm>

#include "kafka/kafka_error.h"

namespace walferry {

Result<std::unique_ptr<TopicWatch>> TopicWatch::open(const KafkaOptions& kafka,
                                                     const std::vector<std::string>& topics,
                                                     std::chrono::milliseconds time_max,
                                                     std::stop_token stop) {
    WALFERRY_TRY(patterns, TopicPatterns::parse(topics));
    KafkaClientSetup setup;
    setup.own = {{"enable.auto.commit", "false", "it belongs to no group"},
                 {"isolation.level", "read_committed", "only what is committed is applied"}};
    setup.defaults = {{"group.id", "walferry-watch"}, {"auto.offset.reset", "earliest"}};
    WALFERRY_TRY(client, KafkaClient::open(kafka, std::move(setup)));
    WALFERRY_TRYV(client->await_brokers(time_max, std::move(stop)));
    return std::unique_ptr<TopicWatch>(new TopicWatch(std::move(client), std::move(patterns)));
}

Result<std::vector<KafkaPartition>> TopicWatch::partitions() const {
    WALFERRY_TRY(topics, client_->topics());
    std::vector<KafkaPartition> found;
    for (const auto& [name, count] : topics) {
        if (!patterns_.matches(name)) continue;
        for (std::int32_t i = 0; i < count; ++i) found.push_back({name, i});
    }
    return found;
}

Result<std::vector<std::string>> TopicWatch::missing() const {
    WALFERRY_TRY(topics, client_->topics());
    std::vector<std::string> names = patterns_.names();
    std::erase_if(names, [&topics = topics](const std::string& name) { return topics.contains(name); });
    return names;
}

Result<std::map<KafkaPartition, KafkaRange>> TopicWatch::ranges(
    std::span<const KafkaPartition> partitions) const {
    std::map<KafkaPartition, KafkaRange> found;
    for (const KafkaPartition& each : partitions) {
        WALFERRY_TRY(range, partition_range(client_->get(), each.topic, each.partition));
        found[each] = range;
    }
    return found;
}

Status TopicWatch::sample(const KafkaPartition& partition, std::int64_t offset, int records_max,
                          std::chrono::milliseconds time_max,
                          const std::function<bool(const rd_kafka_message_t&)>& look) const {
    const RdKafkaPtr<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset =
        offset;
    const auto assigned = rd_kafka_assign(client_->get(), list.get());
    if (assigned != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(assigned).in(to_string(partition));
    Status done = success();
    bool more = true;
    for (int i = 0; i < records_max && more; ++i) {
        rd_kafka_message_t* const message =
            rd_kafka_consumer_poll(client_->get(), static_cast<int>(time_max.count()));
        if (message == nullptr) break;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            more = look(*message);
        } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            done = kafka_error(message->err, rd_kafka_message_errstr(message)).in(to_string(partition));
            more = false;
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_assign(client_->get(), nullptr);
    return done;
}

}  // namespace walferry
