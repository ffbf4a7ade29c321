#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "kafka/kafka_options.h"
#include "model/error.h"

namespace walferry {

struct RdKafkaDeleter {
    void operator()(rd_kafka_queue_t* queue) const noexcept { rd_kafka_queue_destroy(queue); }
    void operator()(rd_kafka_topic_t* topic) const noexcept { rd_kafka_topic_destroy(topic); }
    void operator()(rd_kafka_event_t* event) const noexcept { rd_kafka_event_destroy(event); }
    void operator()(rd_kafka_topic_partition_list_t* list) const noexcept {
        rd_kafka_topic_partition_list_destroy(list);
    }
    void operator()(const rd_kafka_metadata_t* metadata) const noexcept {
        rd_kafka_metadata_destroy(metadata);
    }
};
template <class T>
using RdKafkaPtr = std::unique_ptr<T, RdKafkaDeleter>;

/// A property that is not the user's to set, since a guarantee rests on it.
struct OwnProperty {
    std::string name;
    std::string value;   ///< empty: left as librdkafka has it
    std::string reason;  ///< ends the sentence "... can't be set, since"
};

struct KafkaClientSetup {
    rd_kafka_type_t type = RD_KAFKA_CONSUMER;
    std::vector<OwnProperty> own;
    std::map<std::string, std::string> defaults;  ///< the user's properties win over these
    int events = 0;                               ///< RD_KAFKA_EVENT_…, for rd_kafka_queue_poll
};

/// A handle of librdkafka that logs through spdlog, and remembers the last error that concerns no call.
/// Values of properties are never in a log nor in a message, since passwords are among them. One thread.
class KafkaClient {
 public:
    /// Connects in the background. Kind Configuration when a property is unknown, wrong or ours.
    static Result<std::unique_ptr<KafkaClient>> open(const KafkaOptions& options, KafkaClientSetup setup);

    rd_kafka_t* get() const { return handle_.get(); }

    /// Waits until a broker answers. Kind Connection when none did, Permission as soon as one refuses us.
    Status await_brokers(std::chrono::milliseconds time_max, std::stop_token stop = {}) const;

    /// Whether a broker answers within `time_max`.
    bool reachable(std::chrono::milliseconds time_max) const;

    /// Names of all topics that may be seen, with their partitions' count.
    Result<std::map<std::string, int>> topics() const;

    /// The first record since the last call that a producer could not deliver.
    std::optional<Error> take_undelivered() const;

    /// Lets go of the handle without destroying it, which keeps it until the process ends.
    void abandon();

    /// The error that has ended this handle, if any.
    std::optional<Error> fatal_error() const;

 private:
    struct Reports {
        std::optional<Error> last;
        std::optional<Error> undelivered;
    };
    struct HandleCloser {
        void operator()(rd_kafka_t* handle) const noexcept;
    };

    static void report_error(rd_kafka_t*, int code, const char* text, void* reports);
    static void report_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* reports);

    std::string brokers_;
    std::unique_ptr<Reports> reports_ = std::make_unique<Reports>();  ///< outlives the handle
    std::unique_ptr<rd_kafka_t, HandleCloser> handle_;
};

/// Begin and end offset of a partition. The end is that of what is committed, or with
/// isolation.level=read_uncommitted that of what is written.
struct KafkaRange {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};
Result<KafkaRange> partition_range(rd_kafka_t* handle, const std::string& topic, std::int32_t partition);

}  // namespace walferry
