#include "capture/kafka/kafka_consumer.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "capture/kafka/broker_watch.h"
#include "capture/kafka/consumer_setup.h"
#include "capture/kafka/kafka_batch.h"
#include "kafka/kafka_client.h"
#include "kafka/kafka_error.h"
#include "kafka/topic_patterns.h"

namespace walferry {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A broker that has just started may not know its topics yet.
constexpr milliseconds topics_time_max{2'000};
constexpr milliseconds close_time_max{5'000};
/// Of librdkafka. Before it, to destroy a member of a group that was given no partitions yet aborts the
/// process.
constexpr int first_version_without_abort = 0x02030000;

using PartitionList = RdKafkaPtr<rd_kafka_topic_partition_list_t>;

std::span<rd_kafka_topic_partition_t> elements(rd_kafka_topic_partition_list_t& list) {
    return {list.elems, static_cast<std::size_t>(list.cnt)};
}

std::string offset_text(std::int64_t offset) {
    if (offset == kafka_beginning) return "the beginning";
    return offset == kafka_end ? "the end" : fmt::format("offset {}", offset);
}

std::vector<KafkaPartition> partitions_of(rd_kafka_topic_partition_list_t& list) {
    std::vector<KafkaPartition> partitions;
    for (const auto& element : elements(list)) partitions.push_back({element.topic, element.partition});
    return partitions;
}

/// Whether an error of the group stays until somebody changes something.
bool is_final(ErrorKind kind) {
    return kind == ErrorKind::Permission || kind == ErrorKind::Configuration || kind == ErrorKind::Refused ||
           kind == ErrorKind::Resource;
}

/// Whether both are records, and of one partition.
bool record_of_same(const rd_kafka_message_t& one, const rd_kafka_message_t& next) {
    return one.err == RD_KAFKA_RESP_ERR_NO_ERROR && next.err == RD_KAFKA_RESP_ERR_NO_ERROR &&
           one.rkt == next.rkt && one.partition == next.partition;
}

class Descriptor {
 public:
    Descriptor() : number_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }

 private:
    int number_;
};

class GroupMember final : public KafkaConsumer {
 public:
    GroupMember(KafkaConsumerOptions options, TopicPatterns topics, std::unique_ptr<KafkaClient> client,
                KafkaAssignments& assignments)
        : options_(std::move(options)),
          topics_(std::move(topics)),
          assignments_(assignments),
          client_(std::move(client)),
          watch_(options_.kafka.brokers) {}
    ~GroupMember() override;

    Status join(std::stop_token stop);

    Result<std::span<const KafkaRecord>> poll(std::size_t records_max) override;
    void wait(int wake, milliseconds time_max) override;
    const KafkaOffsets& positions() const override { return positions_; }
    void commit_for_eyes(const KafkaOffsets& offsets) override;
    Result<std::vector<KafkaPartition>> partitions() override;
    Result<KafkaOffsets> begin_offsets(std::span<const KafkaPartition> partitions) override;
    Result<KafkaOffsets> end_offsets(std::span<const KafkaPartition> partitions) override;

 private:
    rd_kafka_t* handle() const { return client_->get(); }
    Status await_topics(std::stop_token stop);
    Status serve_group();
    Status serve(rd_kafka_event_t* event);
    Status assign(rd_kafka_topic_partition_list_t& list);
    Status unassign(rd_kafka_topic_partition_list_t& list);
    Status on_error(rd_kafka_resp_err_t code, const char* text);
    Result<bool> on_message(const rd_kafka_message_t& message);
    Result<KafkaOffsets> ranges(std::span<const KafkaPartition> partitions, std::int64_t KafkaRange::*limit);
    Error offset_gone(const KafkaPartition& partition, std::int64_t offset);

    KafkaConsumerOptions options_;
    TopicPatterns topics_;
    KafkaAssignments& assignments_;
    Descriptor ready_;  ///< both queues write to it
    std::unique_ptr<KafkaClient> client_;
    RdKafkaPtr<rd_kafka_queue_t> group_queue_;    ///< rebalances and errors
    RdKafkaPtr<rd_kafka_queue_t> records_queue_;  ///< fed by the partitions that are ours
    KafkaBatch batch_;
    bool more_ = false;  ///< what is in the records queue is not all taken
    KafkaOffsets positions_;
    bool was_assigned_ = false;  ///< the group has given us partitions, be it none
    BrokerWatch watch_;
};

GroupMember::~GroupMember() {
    batch_.clear();
    if (!group_queue_) return;
    // So that others get the partitions at once. The listener is not asked any more: it may be gone.
    rd_kafka_error_t* refused = rd_kafka_consumer_close_queue(handle(), group_queue_.get());
    if (refused != nullptr) rd_kafka_error_destroy(refused);
    const auto deadline = Clock::now() + close_time_max;
    while (refused == nullptr && rd_kafka_consumer_closed(handle()) == 0 && Clock::now() < deadline) {
        const RdKafkaPtr<rd_kafka_event_t> event(rd_kafka_queue_poll(group_queue_.get(), 100));
        if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) rd_kafka_assign(handle(), nullptr);
    }
    if (was_assigned_ || rd_kafka_version() >= first_version_without_abort) return;
    for (rd_kafka_queue_t* queue : {group_queue_.get(), records_queue_.get()})
        rd_kafka_queue_io_event_enable(queue, -1, nullptr, 0);
    client_->abandon();
}

Status GroupMember::await_topics(std::stop_token stop) {
    const auto deadline = Clock::now() + topics_time_max;
    while (true) {
        WALFERRY_TRY(known, client_->topics());
        const auto names = topics_.names();
        const auto missing = std::find_if(
            names.begin(), names.end(), [&known = known](const auto& name) { return !known.contains(name); });
        if (missing == names.end()) return success();
        if (stop.stop_requested())
            return Error{ErrorKind::Cancelled, "asked to stop while topics are looked for", "", ""};
        if (Clock::now() >= deadline) {
            return Error{ErrorKind::Refused,
                         fmt::format("Kafka has no topic {}, or does not let us see it", *missing),
                         "make it, or name it by a glob: then it is read as soon as it exists", ""};
        }
        std::this_thread::sleep_for(milliseconds(200));
    }
}

Status GroupMember::join(std::stop_token stop) {
    WALFERRY_TRYV(client_->await_brokers(options_.connect_time_max, stop));
    WALFERRY_TRYV(await_topics(stop));
    if (ready_.number() < 0)
        return Error{ErrorKind::Resource, fmt::format("eventfd: {}", std::strerror(errno)), "", ""};
    rd_kafka_poll_set_consumer(handle());
    group_queue_.reset(rd_kafka_queue_get_consumer(handle()));
    records_queue_.reset(rd_kafka_queue_new(handle()));
    const std::uint64_t one = 1;
    for (rd_kafka_queue_t* queue : {group_queue_.get(), records_queue_.get()})
        rd_kafka_queue_io_event_enable(queue, ready_.number(), &one, sizeof one);

    const PartitionList list(rd_kafka_topic_partition_list_new(0));
    for (const std::string& topic : topics_.subscription())
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    const auto code = rd_kafka_subscribe(handle(), list.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(code).in("subscribing to topics");
    return success();
}

Result<std::span<const KafkaRecord>> GroupMember::poll(std::size_t records_max) {
    std::uint64_t drained = 0;
    while (::read(ready_.number(), &drained, sizeof drained) > 0) {
    }
    batch_.clear();
    more_ = false;
    WALFERRY_TRYV(serve_group());
    if (records_max == 0) return std::span<const KafkaRecord>();
    const auto messages = batch_.take(records_queue_.get(), records_max);
    more_ = messages.size() == records_max;
    for (std::size_t first = 0, next = 0; first < messages.size(); first = next) {
        next = first + 1;
        while (next < messages.size() && record_of_same(*messages[first], *messages[next])) ++next;
        WALFERRY_TRY(ours, on_message(*messages[next - 1]));
        if (!ours) batch_.drop(first, next);
    }
    return batch_.records();
}

void GroupMember::wait(int wake, milliseconds time_max) {
    if (more_) time_max = milliseconds(0);
    pollfd descriptors[] = {{wake, POLLIN, 0}, {ready_.number(), POLLIN, 0}};
    ::poll(descriptors, 2, static_cast<int>(time_max.count()));
}

/// Takes the last record of several of one partition, or what is no record. False when the partition is not
/// ours any more: librdkafka gives it up in the background.
Result<bool> GroupMember::on_message(const rd_kafka_message_t& message) {
    const KafkaPartition partition{rd_kafka_topic_name(message.rkt), message.partition};
    const auto position = positions_.find(partition);
    if (position == positions_.end()) return false;
    switch (message.err) {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            position->second = message.offset + 1;
            return true;
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            position->second = message.offset;
            return true;
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            return offset_gone(partition, position->second);
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            // A broker that has just started may say so; whether it is true, the next `open` finds out.
            return Error{ErrorKind::Connection, fmt::format("Kafka does not know {}", to_string(partition)),
                         "", ""};
        default:
            return kafka_error(message.err, rd_kafka_message_errstr(&message)).in(to_string(partition));
    }
}

Error GroupMember::offset_gone(const KafkaPartition& partition, std::int64_t offset) {
    std::string has = "";
    const auto range = partition_range(handle(), partition.topic, partition.partition);
    if (range.has_value()) {
        has = offset < range.value().begin
                  ? fmt::format(": Kafka has deleted what is before {}", range.value().begin)
                  : fmt::format(": the partition ends at {}; was the topic made anew?", range.value().end);
    }
    return Error{
        ErrorKind::Refused,
        fmt::format("{}: the record at offset {} is not there{}", to_string(partition), offset, has),
        "changes are missing: have the connector take a new snapshot of these tables, then `walferry drop "
        "CONFIG` and `walferry run CONFIG` begin with the oldest record; let the topic keep records longer "
        "(retention.ms, retention.bytes) than walferry may stand still",
        ""};
}

Status GroupMember::serve_group() {
    while (const RdKafkaPtr<rd_kafka_event_t> event{rd_kafka_queue_poll(group_queue_.get(), 0)}) {
        WALFERRY_TRYV(serve(event.get()));
    }
    return watch_.check(*client_);
}

Status GroupMember::serve(rd_kafka_event_t* event) {
    const auto code = rd_kafka_event_error(event);
    switch (rd_kafka_event_type(event)) {
        case RD_KAFKA_EVENT_REBALANCE: {
            rd_kafka_topic_partition_list_t& list = *rd_kafka_event_topic_partition_list(event);
            if (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) return unassign(list);
            watch_.seen();
            was_assigned_ = true;
            return assign(list);
        }
        case RD_KAFKA_EVENT_OFFSET_COMMIT:
            if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
                spdlog::warn("consumer group {}: offsets for tools are not stored: {}", options_.group,
                             rd_kafka_err2str(code));
            return success();
        case RD_KAFKA_EVENT_ERROR:
            return on_error(code, rd_kafka_event_error_string(event));
        default:
            return success();
    }
}

Status GroupMember::assign(rd_kafka_topic_partition_list_t& list) {
    const auto partitions = partitions_of(list);
    Result<std::vector<std::int64_t>> starts = std::vector<std::int64_t>();
    if (!partitions.empty()) starts = assignments_.assigned(partitions);
    for (std::size_t index = 0; starts.has_value() && index < partitions.size(); ++index) {
        const KafkaPartition& partition = partitions[index];
        const std::int64_t offset = starts.value().at(index);
        elements(list)[index].offset = offset;
        positions_[partition] = offset;
        spdlog::info("consumer group {}: reads {} from {}", options_.group, to_string(partition),
                     offset_text(offset));
        // Before it is assigned, since from then on it delivers.
        const RdKafkaPtr<rd_kafka_queue_t> queue(
            rd_kafka_queue_get_partition(handle(), partition.topic.c_str(), partition.partition));
        if (queue) rd_kafka_queue_forward(queue.get(), records_queue_.get());
    }
    // Answered in any case, or the group waits for us.
    rd_kafka_error_t* error = rd_kafka_incremental_assign(handle(), &list);
    Status answered = error == nullptr ? Status(success()) : take_kafka_error(error).in("taking partitions");
    WALFERRY_TRYV(std::move(starts));
    return answered;
}

Status GroupMember::unassign(rd_kafka_topic_partition_list_t& list) {
    const auto partitions = partitions_of(list);
    Status told = success();
    if (!partitions.empty()) {
        const bool lost = rd_kafka_assignment_lost(handle()) != 0;
        told = lost ? assignments_.lost(partitions) : assignments_.revoked(partitions);
    }
    // What is still queued of them is dropped from here on.
    for (const KafkaPartition& partition : partitions) {
        positions_.erase(partition);
        spdlog::info("consumer group {}: no longer reads {}", options_.group, to_string(partition));
    }
    rd_kafka_error_t* error = rd_kafka_incremental_unassign(handle(), &list);
    Status answered =
        error == nullptr ? Status(success()) : take_kafka_error(error).in("giving up partitions");
    WALFERRY_TRYV(std::move(told));
    return answered;
}

/// librdkafka gets over most errors by itself and tells them only to be seen.
Status GroupMember::on_error(rd_kafka_resp_err_t code, const char* text) {
    if (auto fatal = client_->fatal_error()) return *fatal;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        watch_.all_down();
        return success();
    }
    // Also told of a pattern that matches nothing yet.
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return await_topics({});
    Error error = kafka_error(code, text).in(fmt::format("consumer group {}", options_.group));
    if (code == RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL)
        error.way_out = "another program is in this group: give walferry a `group` of its own";
    if (is_final(error.kind) || code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) return error;
    spdlog::log(error.kind == ErrorKind::Connection ? spdlog::level::debug : spdlog::level::warn, "Kafka: {}",
                error.message);
    return success();
}

void GroupMember::commit_for_eyes(const KafkaOffsets& offsets) {
    const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (const auto& [partition, offset] : offsets)
        rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset =
            offset;
    const auto code = rd_kafka_commit(handle(), list.get(), 1);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        spdlog::debug("consumer group {}: offsets for tools are not stored: {}", options_.group,
                      rd_kafka_err2str(code));
}

Result<std::vector<KafkaPartition>> GroupMember::partitions() {
    WALFERRY_TRY(known, client_->topics());
    std::vector<KafkaPartition> result;
    for (const auto& [topic, count] : known)
        for (int partition = 0; topics_.matches(topic) && partition < count; ++partition)
            result.push_back({topic, partition});
    return result;
}

Result<KafkaOffsets> GroupMember::ranges(std::span<const KafkaPartition> partitions,
                                         std::int64_t KafkaRange::*limit) {
    KafkaOffsets offsets;
    for (const KafkaPartition& partition : partitions) {
        WALFERRY_TRY(range, partition_range(handle(), partition.topic, partition.partition));
        offsets[partition] = range.*limit;
    }
    return offsets;
}

Result<KafkaOffsets> GroupMember::begin_offsets(std::span<const KafkaPartition> partitions) {
    return ranges(partitions, &KafkaRange::begin);
}

Result<KafkaOffsets> GroupMember::end_offsets(std::span<const KafkaPartition> partitions) {
    return ranges(partitions, &KafkaRange::end);
}

}  // namespace

Result<std::unique_ptr<KafkaConsumer>> KafkaConsumer::open(const KafkaConsumerOptions& options,
                                                           KafkaAssignments& assignments,
                                                           std::stop_token stop) {
    WALFERRY_TRY(topics, TopicPatterns::parse(options.topics));
    WALFERRY_TRY(client, KafkaClient::open(options.kafka, consumer_setup(options.group)));
    auto member = std::make_unique<GroupMember>(options, std::move(topics), std::move(client), assignments);
    WALFERRY_TRYV(member->join(stop));
    return std::unique_ptr<KafkaConsumer>(std::move(member));
}

}  // namespace walferry
