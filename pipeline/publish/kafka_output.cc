#include "pipeline/publish/kafka_output.h"

#include <spdlog/spdlog.h>

#include <array>

#include "pipeline/publish/dead_letter_record.h"

namespace walferry::publish {

namespace {

using std::chrono::steady_clock;

Result<std::optional<PublishCheckpoint>> read_last(CheckpointTopic& topic, const std::string& pipeline) {
    WALFERRY_TRY(json, topic.last(pipeline));
    if (!json) return std::optional<PublishCheckpoint>();
    WALFERRY_TRY(checkpoint, read_publish_checkpoint(*json));
    return std::optional(std::move(checkpoint));
}

/// What is in flight is all the memory that grows with the events.
KafkaOptions with_bounded_queue(KafkaOptions kafka) {
    kafka.properties.insert({{"queue.buffering.max.kbytes", "8192"}, {"linger.ms", "20"}});
    return kafka;
}

}  // namespace

KafkaOutput::KafkaOutput(const PublishOptions& options, const std::string& instance)
    : options_(options),
      context_{options.topic_prefix, "0", "postgresql", instance},
      dead_letter_topic_(options.dead_letter_topic()) {}

Result<std::unique_ptr<KafkaOutput>> KafkaOutput::open(const PublishOptions& options,
                                                       const std::string& instance, std::stop_token stop) {
    std::unique_ptr<KafkaOutput> output(new KafkaOutput(options, instance));
    WALFERRY_TRY(checkpoints, CheckpointTopic::open(options.kafka, options.checkpoint_topic, stop));
    output->checkpoints_ = std::move(checkpoints);
    KafkaProducerOptions producing;
    producing.kafka = with_bounded_queue(options.kafka);
    producing.transactional_id = options.transactional_id();
    producing.stop = stop;
    WALFERRY_TRY(producer, KafkaProducer::open(producing));
    output->producer_ = std::move(producer);
    return output;
}

KafkaOutput::~KafkaOutput() {
    if (!open_ || failed_) return;
    if (const Status aborted = producer_->abort(); aborted.has_error())
        spdlog::warn("Kafka: {}", aborted.error().message);
}

Result<std::optional<PublishCheckpoint>> KafkaOutput::last_checkpoint() {
    return read_last(*checkpoints_, options_.pipeline);
}

Status KafkaOutput::begin() {
    if (open_) return success();
    WALFERRY_TRYV(producer_->begin());
    open_ = true;
    opened_ = steady_clock::now();
    return success();
}

steady_clock::duration KafkaOutput::open_for() const {
    return open_ ? steady_clock::now() - opened_ : steady_clock::duration{0};
}

Status KafkaOutput::send(RecordBatch& batch) {
    if (batch.size() == 0) return success();
    WALFERRY_TRYV(begin());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const Status sent = send(batch[i]);
        if (sent) continue;
        failed_ = sent.error().kind == ErrorKind::Fenced;
        return sent;
    }
    batch.clear();
    return success();
}

Status KafkaOutput::send(const PublishedRecord& record) {
    std::array<ProducedHeader, 5> headers;
    std::size_t count = 0;
    if (record.has_context) {
        for (const auto& [name, value] : context_.all()) headers[count++] = {name, value};
    }
    if (!record.key_header.empty()) headers[count++] = {record.key_header, record.other_key};
    ProducedRecord produced;
    produced.topic = record.topic;
    produced.key = record.key;
    produced.value = record.value;
    produced.headers = {headers.data(), count};
    if (record.for_all_partitions) {
        WALFERRY_TRY(partitions, producer_->partitions(std::string(record.topic)));
        for (std::int32_t partition = 0; partition + 1 < partitions; ++partition) {
            produced.partition = partition;
            WALFERRY_TRYV(producer_->produce(produced));
        }
        if (partitions > 1) produced.partition = partitions - 1;
    }
    const Status sent = producer_->produce(produced);
    if (sent || sent.error().kind != ErrorKind::Data) return sent;
    spdlog::warn("a record became a dead letter in topic {}: {}", dead_letter_topic_, sent.error().message);
    const std::string letter = dead_letter_of_record(record, sent.error());
    ++too_large_;
    ProducedRecord instead;
    instead.topic = dead_letter_topic_;
    instead.value = letter;
    return producer_->produce(instead);
}

Status KafkaOutput::commit(const PublishCheckpoint& checkpoint) {
    const auto begun = steady_clock::now();
    WALFERRY_TRYV(begin());
    const Status committed = [&]() -> Status {
        const bool transactional = options_.exactly_once;
        if (!transactional) {
            WALFERRY_TRYV(producer_->commit());
        }
        WALFERRY_TRYV(checkpoints_->save(*producer_, options_.pipeline, to_json(checkpoint)));
        return producer_->commit();
    }();
    failed_ = committed.has_error();
    open_ = failed_;
    commit_took_ = steady_clock::now() - begun;
    return committed;
}

Status KafkaOutput::forget() {
    WALFERRY_TRYV(begin());
    ProducedRecord record;
    record.topic = options_.checkpoint_topic;
    record.partition = 0;
    record.key = options_.pipeline;
    WALFERRY_TRYV(producer_->produce(record));
    WALFERRY_TRYV(producer_->commit());
    open_ = false;
    return success();
}

Result<std::optional<PublishCheckpoint>> peek_checkpoint(const PublishOptions& options,
                                                         std::stop_token stop) {
    WALFERRY_TRY(topic, CheckpointTopic::open(options.kafka, options.checkpoint_topic, stop));
    return read_last(*topic, options.pipeline);
}

}  // namespace walferry::publish
