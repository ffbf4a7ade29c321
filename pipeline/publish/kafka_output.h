#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "pipeline/publish/publish_checkpoint.h"
#include "pipeline/publish/publish_options.h"
#include "publish/kafka/checkpoint_topic.h"
#include "publish/kafka/kafka_producer.h"
#include "publish/record_batch.h"

namespace walferry::publish {

/// Where records and checkpoints go. One Kafka transaction at a time; after an error the object is of no more
/// use. One thread.
class KafkaOutput {
 public:
    /// Fences older instances (with transactions). `instance` names this process.
    static Result<std::unique_ptr<KafkaOutput>> open(const PublishOptions& options,
                                                     const std::string& instance, std::stop_token stop);
    /// Takes back what is open, so that readers need not wait for it.
    ~KafkaOutput();

    /// The committed checkpoint, if there is one.
    Result<std::optional<PublishCheckpoint>> last_checkpoint();

    /// Sends the records of a batch and clears it; begins a transaction where none is open. A record that is
    /// too large for Kafka becomes a dead letter, which is counted.
    Status send(RecordBatch& batch);

    /// Commits what was sent, with the checkpoint. Without transactions the checkpoint follows when all else
    /// is delivered.
    Status commit(const PublishCheckpoint& checkpoint);

    /// Takes the checkpoint away.
    Status forget();

    /// Whether records were sent that are not committed.
    bool has_open() const { return open_; }
    /// How long a transaction has been open; how long the last commit took.
    std::chrono::steady_clock::duration open_for() const;
    std::chrono::steady_clock::duration commit_took() const { return commit_took_; }
    /// Records that were too large, since the last call.
    std::uint64_t take_too_large() { return std::exchange(too_large_, 0); }

 private:
    KafkaOutput(const PublishOptions& options, const std::string& instance);
    Status begin();
    Status send(const PublishedRecord& record);

    const PublishOptions& options_;
    ContextHeaders context_;
    std::string dead_letter_topic_;
    std::unique_ptr<KafkaProducer> producer_;
    std::unique_ptr<CheckpointTopic> checkpoints_;
    bool open_ = false;
    bool failed_ = false;
    std::uint64_t too_large_ = 0;
    std::chrono::steady_clock::time_point opened_;
    std::chrono::steady_clock::duration commit_took_{0};
};

/// The checkpoint without taking anything over.
Result<std::optional<PublishCheckpoint>> peek_checkpoint(const PublishOptions& options, std::stop_token stop);

}  // namespace walferry::publish
