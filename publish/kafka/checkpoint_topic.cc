#include "publish/kafka/checkpoint_topic.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "kafka/kafka_client.h"
#include "kafka/kafka_error.h"
#include "kafka/topic_admin.h"
#include "publish/kafka/kafka_producer.h"

namespace walferry {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds connect_time_max{10'000};
constexpr milliseconds topic_time_max{10'000};
/// Brokers end open transactions after 15 minutes at the latest, by default; ours after 5.
constexpr milliseconds open_transactions_time_max{330'000};
constexpr milliseconds report_interval{10'000};

KafkaClientSetup reader_setup(const std::string& isolation) {
    KafkaClientSetup setup;
    setup.type = RD_KAFKA_CONSUMER;
    setup.own = {{"isolation.level", isolation, "aborted checkpoints would count"},
                 {"enable.auto.commit", "false", "the topic is read as a whole"},
                 {"enable.auto.offset.store", "false", "the topic is read as a whole"},
                 {"auto.offset.reset", "error", "checkpoints would be passed over silently"},
                 {"enable.partition.eof", "true", "the end is what is looked for"},
                 {"allow.auto.create.topics", "false", "the topic would not be a compacted one"}};
    return setup;
}

using Message = std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)>;

/// Reads partition 0 of a topic from its beginning, without a consumer group, which would want rights of its
/// own.
class Reader {
 public:
    Reader(rd_kafka_t* handle, const std::string& name)
        : topic_(rd_kafka_topic_new(handle, name.c_str(), nullptr)) {
        rd_kafka_consume_start(topic_.get(), 0, RD_KAFKA_OFFSET_BEGINNING);
    }
    ~Reader() { rd_kafka_consume_stop(topic_.get(), 0); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    rd_kafka_topic_t* topic() const { return topic_.get(); }

 private:
    RdKafkaPtr<rd_kafka_topic_t> topic_;
};

struct Found {
    bool present = false;
    std::string value;
};

class Topic final : public CheckpointTopic {
 public:
    Topic(KafkaOptions kafka, std::string name, std::stop_token stop)
        : kafka_(std::move(kafka)), name_(std::move(name)), stop_(std::move(stop)) {}

    Status make();
    Result<std::optional<std::string>> last(const std::string& key) override;
    Status save(KafkaProducer& producer, std::string_view key, std::string_view value) const override;

 private:
    Result<std::unique_ptr<KafkaClient>> connect(const std::string& isolation) const;
    Status await_topic(const KafkaClient& client) const;
    Result<KafkaRange> written_range() const;
    Result<std::int64_t> read(const Reader& reader, const std::string& key, Found& found) const;

    KafkaOptions kafka_;
    std::string name_;
    std::stop_token stop_;
};

Result<std::unique_ptr<KafkaClient>> Topic::connect(const std::string& isolation) const {
    WALFERRY_TRY(client, KafkaClient::open(kafka_, reader_setup(isolation)));
    WALFERRY_TRYV(client->await_brokers(connect_time_max, stop_));
    return std::move(client);
}

/// A topic that was just made is not known to all brokers at once.
Status Topic::await_topic(const KafkaClient& client) const {
    const auto deadline = Clock::now() + topic_time_max;
    while (true) {
        WALFERRY_TRY(topics, client.topics());
        const auto found = topics.find(name_);
        if (found != topics.end() && found->second == 1) return success();
        if (found != topics.end()) {
            return Error{
                ErrorKind::Refused,
                fmt::format("topic {} has {} partitions; checkpoints want one", name_, found->second),
                "name another topic for checkpoints; walferry makes it", ""};
        }
        if (stop_.stop_requested() || Clock::now() >= deadline)
            return Error{ErrorKind::Connection, fmt::format("topic {} does not come up", name_), "", ""};
        rd_kafka_poll(client.get(), 50);
    }
}

Status Topic::make() {
    WALFERRY_TRY(client, connect("read_committed"));
    WALFERRY_TRY(known, client->topics());
    if (!known.contains(name_)) {
        // Small segments: what is compacted are those that are full, and a start reads the rest.
        WALFERRY_TRY(
            made, create_topic(client->get(),
                               {name_, 1, {{"cleanup.policy", "compact"}, {"segment.bytes", "16777216"}}}));
        if (made) spdlog::info("Kafka: topic {} was made for checkpoints", name_);
    }
    WALFERRY_TRYV(await_topic(*client));
    WALFERRY_TRY(settings, topic_settings(client->get(), name_));
    if (settings["cleanup.policy"] == "compact") return success();
    return Error{ErrorKind::Refused,
                 fmt::format("topic {} has cleanup.policy {}: checkpoints would be deleted", name_,
                             settings["cleanup.policy"]),
                 fmt::format("set cleanup.policy=compact on topic {}, or name another one", name_), ""};
}

/// Takes one message, if there is one soon; gives the offset up to which the topic is read, or -1.
Result<std::int64_t> Topic::read(const Reader& reader, const std::string& key, Found& found) const {
    const Message message(rd_kafka_consume(reader.topic(), 0, 100), &rd_kafka_message_destroy);
    if (!message) return -1;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return message->offset;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const Error error = kafka_error(message->err, rd_kafka_message_errstr(message.get()));
        if (error.kind == ErrorKind::Connection) return -1;
        return error.in(fmt::format("topic {}", name_));
    }
    const std::string_view read_key(static_cast<const char*>(message->key), message->key_len);
    if (read_key == key) {
        found.present = message->payload != nullptr;
        found.value.assign(static_cast<const char*>(message->payload), message->len);
    }
    return message->offset + 1;
}

/// Where the topic ends with what is not committed. Brokers that have just come back may not know yet who
/// leads it, or that it is there.
Result<KafkaRange> Topic::written_range() const {
    WALFERRY_TRY(client, connect("read_uncommitted"));
    const auto deadline = Clock::now() + topic_time_max;
    while (true) {
        auto range = partition_range(client->get(), name_, 0);
        if (range || range.error().kind == ErrorKind::Permission) return range;
        if (stop_.stop_requested())
            return Error{ErrorKind::Cancelled, "asked to stop while the checkpoint is looked for", "", ""};
        if (Clock::now() >= deadline) return Error{ErrorKind::Connection, range.error().message, "", ""};
        rd_kafka_poll(client->get(), 50);
    }
}

Result<std::optional<std::string>> Topic::last(const std::string& key) {
    // The end of what is written, not of what is stable: a checkpoint of ours behind another pipeline's open
    // transaction is committed, yet no reader sees it before that one ends.
    WALFERRY_TRY(range, written_range());
    if (range.end == range.begin) return std::optional<std::string>();

    WALFERRY_TRY(client, connect("read_committed"));
    const Reader reader(client->get(), name_);
    const auto deadline = Clock::now() + open_transactions_time_max;
    auto report = Clock::now() + report_interval;
    std::int64_t position = 0;
    Found found;
    while (true) {
        WALFERRY_TRY(reached, read(reader, key, found));
        position = std::max(position, reached);
        if (position >= range.end && found.present) return std::optional(found.value);
        if (position >= range.end) return std::optional<std::string>();
        if (stop_.stop_requested())
            return Error{ErrorKind::Cancelled, "asked to stop while the checkpoint is read", "", ""};
        if (Clock::now() >= report) {
            spdlog::info("Kafka: topic {}: waiting for a transaction that is open at offset {}", name_,
                         position);
            report = Clock::now() + report_interval;
        }
        if (Clock::now() < deadline) continue;
        return Error{ErrorKind::Busy,
                     fmt::format("topic {}: a transaction is open at offset {}", name_, position), "", ""};
    }
}

Status Topic::save(KafkaProducer& producer, std::string_view key, std::string_view value) const {
    ProducedRecord record;
    record.topic = name_;
    record.partition = 0;
    record.key = key;
    record.value = value;
    return producer.produce(record);
}

}  // namespace

Result<std::unique_ptr<CheckpointTopic>> CheckpointTopic::open(const KafkaOptions& kafka,
                                                               const std::string& topic,
                                                               std::stop_token stop) {
    auto made = std::make_unique<Topic>(kafka, topic, stop);
    WALFERRY_TRYV(made->make());
    return std::unique_ptr<CheckpointTopic>(std::move(made));
}

}  // namespace walferry
