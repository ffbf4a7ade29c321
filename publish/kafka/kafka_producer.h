#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "kafka/kafka_options.h"
#include "model/error.h"

namespace walferry {

struct ProducedHeader {
    std::string_view name;
    std::optional<std::string_view> value;
};

struct ProducedRecord {
    std::string_view topic;
    std::optional<std::int32_t> partition;       ///< none: by the key, as Java's clients choose it
    std::optional<std::string_view> key, value;  ///< none: null
    std::span<const ProducedHeader> headers;
    std::optional<std::int64_t> timestamp_ms;  ///< none: now
};

struct KafkaProducerOptions {
    KafkaOptions kafka;
    /// Who we are, across restarts: an older producer of the same id is fenced. Empty: no transactions.
    std::string transactional_id;
    std::chrono::milliseconds connect_time_max{10'000};
    /// How long brokers may be out of reach before a call gives up.
    std::chrono::milliseconds patience{60'000};
    /// Ends what waits for Kafka, with kind Cancelled.
    std::stop_token stop;
};

/// Writes records to Kafka, idempotent, so that a retry neither doubles nor reorders them. One thread.
///
/// With a transactional id, records between `begin` and `commit` become visible to read_committed readers all
/// at once, or never. Without one, `commit` waits until all of them are delivered (at least once), and
/// `begin` and `abort` do nothing.
///
/// Retriable errors are tried again within `patience`. After any other error, and after `abort`, nothing of
/// the transaction becomes visible, with one exception: a `commit` that fails with kind Connection or
/// Cancelled may yet have happened. So after an error: a new producer, whose `open` ends what is open, and on
/// from the checkpoint. Kind Fenced: another instance has taken over. Data: the record concerned can't be
/// written, and the producer stays of use.
class KafkaProducer {
 public:
    /// Fences older producers of the same transactional id; what they left open is aborted, what they were
    /// committing is committed when this returns. Kinds: Configuration; Connection when no broker answers
    /// within `connect_time_max`, or the transaction coordinator not within `patience`; Permission.
    static Result<std::unique_ptr<KafkaProducer>> open(const KafkaProducerOptions& options);

    virtual ~KafkaProducer() = default;

    virtual Status begin() = 0;

    /// Copies the record into librdkafka's queue. Waits while that is full (queue.buffering.max.kbytes, 64
    /// MiB by default). Kind Data when it is larger than message.max.bytes.
    virtual Status produce(const ProducedRecord& record) = 0;

    /// How many partitions the topic has; 1 where it does not exist yet.
    virtual Result<int> partitions(const std::string& topic) = 0;

    virtual Status commit() = 0;
    virtual Status abort() = 0;
};

}  // namespace walferry
