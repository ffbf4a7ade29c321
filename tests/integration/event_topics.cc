#include "tests/integration/event_topics.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <stdexcept>

namespace walferry::testing {

namespace {

using Properties = std::vector<std::pair<const char*, std::string>>;

rd_kafka_conf_t* conf_of(const Properties& properties) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char said[512];
    for (const auto& [name, value] : properties) {
        if (rd_kafka_conf_set(conf, name, value.c_str(), said, sizeof said) != RD_KAFKA_CONF_OK)
            throw std::runtime_error(said);
    }
    rd_kafka_conf_set_log_cb(conf, nullptr);
    return conf;
}

void succeed(rd_kafka_error_t* error, const char* what) {
    if (error == nullptr) return;
    const std::string said = std::string(what) + ": " + rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    throw std::runtime_error(said);
}

void count_failed(rd_kafka_t*, const rd_kafka_message_t* message, void* failed) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++*static_cast<int*>(failed);
}

std::optional<std::string> bytes_of(const void* bytes, std::size_t size) {
    if (bytes == nullptr) return std::nullopt;
    return std::string(static_cast<const char*>(bytes), size);
}

EventHeaders headers_of(const rd_kafka_message_t* message) {
    EventHeaders result;
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return result;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i)
        result.emplace_back(name, bytes_of(value, size).value_or(""));
    return result;
}

constexpr int wait_ms_max = 60'000;

}  // namespace

EventProducer::EventProducer(const std::string& brokers, const std::string& transactional_id) {
    Properties properties{{"bootstrap.servers", brokers},    {"enable.idempotence", "true"},
                          {"partitioner", "murmur2_random"}, {"linger.ms", "2"},
                          {"retry.backoff.ms", "20"},        {"reconnect.backoff.max.ms", "200"},
                          {"message.max.bytes", "8000000"}};
    if (!transactional_id.empty()) properties.emplace_back("transactional.id", transactional_id);
    rd_kafka_conf_t* conf = conf_of(properties);
    rd_kafka_conf_set_opaque(conf, &failed_);
    rd_kafka_conf_set_dr_msg_cb(conf, count_failed);
    char said[512];
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, said, sizeof said);
    if (handle_ == nullptr) throw std::runtime_error(said);
    if (!transactional_id.empty()) succeed(rd_kafka_init_transactions(handle_, wait_ms_max), "transactions");
}

EventProducer::~EventProducer() {
    rd_kafka_destroy(handle_);
}

void EventProducer::begin() {
    succeed(rd_kafka_begin_transaction(handle_), "begin");
}

void EventProducer::commit() {
    succeed(rd_kafka_commit_transaction(handle_, wait_ms_max), "commit");
}

void EventProducer::abort() {
    flush();  // librdkafka may fail to abort what has not reached the broker
    succeed(rd_kafka_abort_transaction(handle_, wait_ms_max), "abort");
}

void EventProducer::send(const std::string& topic, const std::optional<std::string>& key,
                         const std::optional<std::string>& value, std::int32_t partition,
                         const EventHeaders& headers) {
    rd_kafka_headers_t* named = rd_kafka_headers_new(headers.size());
    for (const auto& [name, content] : headers)
        rd_kafka_header_add(named, name.data(), static_cast<ssize_t>(name.size()), content.data(),
                            static_cast<ssize_t>(content.size()));
    const char* const id = key ? key->data() : nullptr;
    const char* const body = value ? value->data() : nullptr;
    const std::size_t id_size = key ? key->size() : 0, body_size = value ? value->size() : 0;
    const auto code =
        rd_kafka_producev(handle_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_KEY(const_cast<char*>(id), id_size),
                          RD_KAFKA_V_VALUE(const_cast<char*>(body), body_size), RD_KAFKA_V_HEADERS(named),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw std::runtime_error(std::string("produce: ") + rd_kafka_err2str(code));
    rd_kafka_poll(handle_, 0);
}

void EventProducer::flush() {
    if (rd_kafka_flush(handle_, wait_ms_max) != RD_KAFKA_RESP_ERR_NO_ERROR || failed_ > 0)
        throw std::runtime_error("Kafka did not take " + std::to_string(failed_) + " records");
}

std::vector<LoggedEvent> committed_events(const std::string& brokers,
                                          const std::map<std::string, int>& topics) {
    const auto open = [&](const char* isolation) {
        char said[512];
        rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_CONSUMER,
                                          conf_of({{"bootstrap.servers", brokers},
                                                   {"group.id", "judge"},
                                                   {"isolation.level", isolation},
                                                   {"enable.auto.commit", "false"},
                                                   {"enable.partition.eof", "true"},
                                                   {"fetch.wait.max.ms", "50"}}),
                                          said, sizeof said);
        if (handle == nullptr) throw std::runtime_error(said);
        return handle;
    };
    rd_kafka_t* const written = open("read_uncommitted");
    rd_kafka_t* const reader = open("read_committed");
    std::map<std::pair<std::string, std::int32_t>, std::int64_t> ends;
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    for (const auto& [topic, partitions] : topics) {
        for (std::int32_t partition = 0; partition < partitions; ++partition) {
            std::int64_t low = 0, high = 0;
            if (rd_kafka_query_watermark_offsets(written, topic.c_str(), partition, &low, &high,
                                                 wait_ms_max) != RD_KAFKA_RESP_ERR_NO_ERROR)
                throw std::runtime_error("no end of " + topic);
            if (high > low) ends[{topic, partition}] = high;
            rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset =
                RD_KAFKA_OFFSET_BEGINNING;
        }
    }
    rd_kafka_destroy(written);
    rd_kafka_assign(reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    std::vector<LoggedEvent> events;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!ends.empty()) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the topics do not end");
        rd_kafka_message_t* const message = rd_kafka_consumer_poll(reader, 100);
        if (message == nullptr) continue;
        const bool is_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (is_end || message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            const std::pair<std::string, std::int32_t> at{rd_kafka_topic_name(message->rkt),
                                                          message->partition};
            if (!is_end)
                events.push_back({at.first, at.second, message->offset,
                                  bytes_of(message->key, message->key_len),
                                  bytes_of(message->payload, message->len), headers_of(message)});
            const auto end = ends.find(at);
            if (end != ends.end() && message->offset + (is_end ? 0 : 1) >= end->second) ends.erase(end);
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
    std::stable_sort(events.begin(), events.end(), [](const LoggedEvent& left, const LoggedEvent& right) {
        return std::tie(left.topic, left.partition, left.offset) <
               std::tie(right.topic, right.partition, right.offset);
    });
    return events;
}

}  // namespace walferry::testing
