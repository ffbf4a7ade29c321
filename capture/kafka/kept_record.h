#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capture/kafka/kafka_record.h"

namespace walferry {

/// A record that outlives the consumer's next poll: a copy of all of it.
class KeptRecord {
 public:
    explicit KeptRecord(const KafkaRecord& record) : record_(record), topic_(record.topic) {
        if (record.key) key_.emplace(*record.key);
        if (record.value) value_.emplace(*record.value);
        for (const KafkaHeader& header : record.headers) {
            std::optional<std::string> value;
            if (header.value) value.emplace(*header.value);
            headers_.emplace_back(std::string(header.name), std::move(value));
        }
    }

    /// Holds as long as this is neither changed nor moved.
    KafkaRecord view() {
        views_.clear();
        for (const auto& [name, value] : headers_) {
            views_.push_back({name, {}});
            if (value) views_.back().value = *value;
        }
        record_.topic = topic_;
        record_.key = record_.value = std::nullopt;
        if (key_) record_.key = *key_;
        if (value_) record_.value = *value_;
        record_.headers = views_;
        return record_;
    }

 private:
    KafkaRecord record_;
    std::string topic_;
    std::optional<std::string> key_, value_;
    std::vector<std::pair<std::string, std::optional<std::string>>> headers_;
    std::vector<KafkaHeader> views_;
};

}  // namespace walferry
