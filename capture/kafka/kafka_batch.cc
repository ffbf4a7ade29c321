#include "capture/kafka/kafka_batch.h"

#include <algorithm>
#include <utility>

namespace walferry {

namespace {

std::optional<std::string_view> view(const void* bytes, std::size_t length) {
    if (bytes == nullptr) return std::nullopt;
    return std::string_view(static_cast<const char*>(bytes), length);
}

}  // namespace

void KafkaBatch::clear() {
    for (rd_kafka_message_t* message : messages_)
        if (message != nullptr) rd_kafka_message_destroy(message);
    messages_.clear();
    records_.clear();
    headers_.clear();
    header_counts_.clear();
}

std::span<rd_kafka_message_t* const> KafkaBatch::take(rd_kafka_queue_t* queue, std::size_t messages_max) {
    clear();
    messages_.resize(messages_max);
    const auto count = rd_kafka_consume_batch_queue(queue, 0, messages_.data(), messages_max);
    messages_.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return messages_;
}

void KafkaBatch::drop(std::size_t first, std::size_t last) {
    for (; first < last; ++first) rd_kafka_message_destroy(std::exchange(messages_[first], nullptr));
}

void KafkaBatch::add_record(const rd_kafka_message_t& message) {
    KafkaRecord record;
    record.topic = rd_kafka_topic_name(message.rkt);
    record.partition = message.partition;
    record.offset = message.offset;
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    record.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
    if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) record.timestamp_ms = -1;
    record.key = view(message.key, message.key_len);
    record.value = view(message.payload, message.len);
    records_.push_back(record);

    rd_kafka_headers_t* headers = nullptr;
    std::size_t count = 0;
    if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char* name = nullptr;
        const void* value = nullptr;
        std::size_t bytes = 0;
        while (rd_kafka_header_get_all(headers, count, &name, &value, &bytes) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            headers_.push_back({name, view(value, bytes)});
            ++count;
        }
    }
    header_counts_.push_back(count);
}

std::span<const KafkaRecord> KafkaBatch::records() {
    for (const rd_kafka_message_t* message : messages_)
        if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) add_record(*message);
    // Only now the headers stay where they are.
    std::size_t first = 0;
    for (std::size_t index = 0; index < records_.size(); ++index) {
        records_[index].headers = std::span(headers_).subspan(first, header_counts_[index]);
        first += header_counts_[index];
    }
    return records_;
}

}  // namespace walferry
