#include "publish/kafka/kafka_producer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "kafka/kafka_client.h"
#include "kafka/kafka_error.h"

namespace walferry {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A call waits so long at a time, so that a stop is noticed.
constexpr int slice_ms = 500;
constexpr int records_between_polls = 1'000;

KafkaClientSetup setup(const KafkaProducerOptions& options) {
    KafkaClientSetup setup;
    setup.type = RD_KAFKA_PRODUCER;
    const std::string order = "records would be lost, doubled or out of order";
    setup.own = {{"enable.idempotence", "true", order},
                 {"acks", "all", order},
                 {"request.required.acks", "", order},
                 {"partitioner", "murmur2_random", "keys have to land where Java's clients put them"},
                 {"delivery.report.only.error", "true", "only failures are looked at"},
                 {"transactional.id", options.transactional_id, "walferry names it"}};
    setup.defaults = {{"compression.codec", "lz4"},
                      {"linger.ms", "5"},
                      {"queue.buffering.max.kbytes", "65536"},
                      {"queue.buffering.max.messages", "1000000"}};
    // Longer than any batch may take; while nobody comes back, readers wait so long for what we left open.
    if (!options.transactional_id.empty()) setup.defaults["transaction.timeout.ms"] = "300000";
    return setup;
}

/// The argument list of rd_kafka_produceva.
class Arguments {
 public:
    rd_kafka_vu_t& add(rd_kafka_vtype_t type) {
        rd_kafka_vu_t& argument = arguments_[count_++];
        argument.vtype = type;
        return argument;
    }
    void add(rd_kafka_vtype_t type, std::string_view bytes) {
        // A null pointer would make it null, not empty.
        rd_kafka_vu_t& argument = add(type);
        argument.u.mem.ptr = const_cast<char*>(bytes.data() == nullptr ? "" : bytes.data());
        argument.u.mem.size = bytes.size();
    }
    const rd_kafka_vu_t* data() const { return arguments_; }
    std::size_t size() const { return count_; }

 private:
    rd_kafka_vu_t arguments_[8] = {};
    std::size_t count_ = 0;
};

class Producer final : public KafkaProducer {
 public:
    Producer(KafkaProducerOptions options, std::unique_ptr<KafkaClient> client)
        : options_(std::move(options)), client_(std::move(client)) {}

    Status start();
    Status begin() override;
    Status produce(const ProducedRecord& record) override;
    Result<int> partitions(const std::string& topic) override;
    Status commit() override;
    Status abort() override;

 private:
    rd_kafka_t* handle() const { return client_->get(); }
    bool transactional() const { return !options_.transactional_id.empty(); }
    Result<rd_kafka_topic_t*> topic(std::string_view name);
    Result<bool> try_again(const ProducedRecord& record, rd_kafka_error_t* refused);
    Status commit_transaction();
    Status flush();
    Status persist(const char* what, const std::function<rd_kafka_error_t*(int)>& call, bool& requires_abort);
    Error worst(Error error) const;

    KafkaProducerOptions options_;
    std::unique_ptr<KafkaClient> client_;
    std::map<std::string, RdKafkaPtr<rd_kafka_topic_t>, std::less<>> topics_;
    int unpolled_ = 0;
};

/// What says more than `error`: why the producer is dead, or what was not delivered.
Error Producer::worst(Error error) const {
    if (auto fatal = client_->fatal_error()) {
        if (fatal->kind == ErrorKind::Fenced) {
            fatal->way_out = fmt::format(
                "another instance writes as {}: let only one run, or give each pipeline a name of its own "
                "(without another, a transaction took longer than transaction.timeout.ms)",
                options_.transactional_id);
        }
        return *fatal;
    }
    if (auto undelivered = client_->take_undelivered()) {
        if (undelivered->kind == ErrorKind::Refused)
            undelivered->way_out =
                "make the topic, or let the brokers make topics (auto.create.topics.enable)";
        return *undelivered;
    }
    return error;
}

/// Calls until it is done, or fails with what another try does not heal.
Status Producer::persist(const char* what, const std::function<rd_kafka_error_t*(int)>& call,
                         bool& requires_abort) {
    const auto deadline = Clock::now() + options_.patience;
    while (rd_kafka_error_t* error = call(slice_ms)) {
        const bool retriable = rd_kafka_error_is_retriable(error) != 0;
        requires_abort = rd_kafka_error_txn_requires_abort(error) != 0;
        const Error seen = take_kafka_error(error).in(what);
        if (!retriable) return worst(seen);
        if (options_.stop.stop_requested())
            return Error{ErrorKind::Cancelled, fmt::format("asked to stop while {}", what), "", ""};
        if (Clock::now() >= deadline) return Error{ErrorKind::Connection, seen.message, "", ""};
        rd_kafka_poll(handle(), 20);
    }
    return success();
}

Status Producer::start() {
    WALFERRY_TRYV(client_->await_brokers(options_.connect_time_max, options_.stop));
    if (!transactional()) return success();
    bool ignored = false;
    return persist(
        "taking over the transactions", [this](int ms) { return rd_kafka_init_transactions(handle(), ms); },
        ignored);
}

Status Producer::begin() {
    if (!transactional()) return success();
    client_->take_undelivered();
    if (rd_kafka_error_t* error = rd_kafka_begin_transaction(handle()))
        return worst(take_kafka_error(error).in("beginning a transaction"));
    return success();
}

Result<rd_kafka_topic_t*> Producer::topic(std::string_view name) {
    const auto known = topics_.find(name);
    if (known != topics_.end()) return known->second.get();
    const std::string owned(name);
    RdKafkaPtr<rd_kafka_topic_t> made(rd_kafka_topic_new(handle(), owned.c_str(), nullptr));
    if (!made) return kafka_error(rd_kafka_last_error()).in(fmt::format("topic {}", owned));
    return topics_.emplace(owned, std::move(made)).first->second.get();
}

/// Whether there may be room by now for a record that was refused.
Result<bool> Producer::try_again(const ProducedRecord& record, rd_kafka_error_t* refused) {
    const auto code = rd_kafka_error_code(refused);
    Error error = take_kafka_error(refused).in(fmt::format("topic {}", record.topic));
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        error.way_out = "raise message.max.bytes in the properties, and max.message.bytes of the topic";
        return error;
    }
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        // In a transaction that has failed already.
        if (code == RD_KAFKA_RESP_ERR__STATE) error.kind = ErrorKind::Serialization;
        return worst(error);
    }
    rd_kafka_poll(handle(), 5);
    if (options_.stop.stop_requested())
        return Error{ErrorKind::Cancelled, "asked to stop while Kafka takes no records", "", ""};
    if (client_->fatal_error()) return worst(error);
    return true;
}

Status Producer::produce(const ProducedRecord& record) {
    WALFERRY_TRY(handle_of_topic, topic(record.topic));
    rd_kafka_headers_t* headers = nullptr;
    if (!record.headers.empty()) headers = rd_kafka_headers_new(record.headers.size());
    for (const ProducedHeader& header : record.headers) {
        const void* value =
            header.value ? (header.value->data() == nullptr ? "" : header.value->data()) : nullptr;
        rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()), value,
                            header.value ? static_cast<ssize_t>(header.value->size()) : 0);
    }
    Arguments arguments;
    arguments.add(RD_KAFKA_VTYPE_RKT).u.rkt = handle_of_topic;
    arguments.add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
    if (record.partition) arguments.add(RD_KAFKA_VTYPE_PARTITION).u.i32 = *record.partition;
    if (record.key) arguments.add(RD_KAFKA_VTYPE_KEY, *record.key);
    if (record.value) arguments.add(RD_KAFKA_VTYPE_VALUE, *record.value);
    if (record.timestamp_ms) arguments.add(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = *record.timestamp_ms;
    if (headers != nullptr) arguments.add(RD_KAFKA_VTYPE_HEADERS).u.headers = headers;
    while (rd_kafka_error_t* refused = rd_kafka_produceva(handle(), arguments.data(), arguments.size())) {
        const Result<bool> again = try_again(record, refused);
        if (again.has_value()) continue;
        if (headers != nullptr) rd_kafka_headers_destroy(headers);
        return again.error();
    }
    if (++unpolled_ >= records_between_polls) {
        unpolled_ = 0;
        rd_kafka_poll(handle(), 0);
    }
    return success();
}

Result<int> Producer::partitions(const std::string& topic) {
    const auto deadline = Clock::now() + options_.patience;
    while (true) {
        const auto topics = client_->topics();
        if (topics) {
            const auto found = topics.value().find(topic);
            return found == topics.value().end() ? 1 : found->second;
        }
        if (topics.error().kind != ErrorKind::Connection || Clock::now() >= deadline) return topics.error();
        if (options_.stop.stop_requested())
            return Error{ErrorKind::Cancelled, "asked to stop while Kafka did not answer", "", ""};
        rd_kafka_poll(handle(), 20);
    }
}

Status Producer::flush() {
    const auto deadline = Clock::now() + options_.patience;
    while (rd_kafka_flush(handle(), slice_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (options_.stop.stop_requested())
            return Error{ErrorKind::Cancelled, "asked to stop while records are delivered", "", ""};
        if (client_->fatal_error() || Clock::now() >= deadline) break;
    }
    const Error overdue{ErrorKind::Connection, "records are not delivered yet", "", ""};
    if (client_->fatal_error()) return worst(overdue);
    if (auto undelivered = client_->take_undelivered()) return *undelivered;
    if (rd_kafka_outq_len(handle()) > 0) return overdue;
    return success();
}

Status Producer::commit_transaction() {
    bool requires_abort = false;
    Status committed = persist(
        "committing", [this](int ms) { return rd_kafka_commit_transaction(handle(), ms); }, requires_abort);
    if (committed.has_value() || !requires_abort) return committed;
    // At once, or readers wait for the transaction to time out.
    if (const Status aborted = abort(); aborted.has_error())
        spdlog::warn("Kafka: after a failed commit: {}", aborted.error().message);
    return committed;
}

Status Producer::commit() {
    return transactional() ? commit_transaction() : flush();
}

Status Producer::abort() {
    if (!transactional()) return success();
    // librdkafka may ask the coordinator to end a transaction that has no partitions yet, which it refuses
    // for good. What is sent has its partition.
    rd_kafka_flush(handle(), slice_ms);
    bool ignored = false;
    return persist(
        "aborting", [this](int ms) { return rd_kafka_abort_transaction(handle(), ms); }, ignored);
}

}  // namespace

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::open(const KafkaProducerOptions& options) {
    WALFERRY_TRY(client, KafkaClient::open(options.kafka, setup(options)));
    auto producer = std::make_unique<Producer>(options, std::move(client));
    WALFERRY_TRYV(producer->start());
    return std::unique_ptr<KafkaProducer>(std::move(producer));
}

}  // namespace walferry
