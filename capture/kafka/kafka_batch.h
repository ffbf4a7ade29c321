#pragma once

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <span>
#include <vector>

#include "capture/kafka/kafka_record.h"

namespace walferry {

/// Messages of librdkafka, owned, and the records that look into them: no byte is copied.
class KafkaBatch {
 public:
    KafkaBatch() = default;
    ~KafkaBatch() { clear(); }
    KafkaBatch(const KafkaBatch&) = delete;
    KafkaBatch& operator=(const KafkaBatch&) = delete;

    void clear();

    /// Takes at most `messages_max` from `queue`, without waiting. Gives all of them, those that report an
    /// error or the end of a partition too.
    std::span<rd_kafka_message_t* const> take(rd_kafka_queue_t* queue, std::size_t messages_max);

    /// Leaves out messages [first, last) of what was taken.
    void drop(std::size_t first, std::size_t last);

    /// The records among what was taken and not dropped.
    std::span<const KafkaRecord> records();

 private:
    void add_record(const rd_kafka_message_t& message);

    std::vector<rd_kafka_message_t*> messages_;
    std::vector<KafkaRecord> records_;
    std::vector<KafkaHeader> headers_;
    std::vector<std::size_t> header_counts_;  ///< by record
};

}  // namespace walferry
