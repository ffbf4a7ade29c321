#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

#include "capture/change_source.h"
#include "pipeline/publish/publish_setup.h"

namespace walferry::publish {

/// One attempt to publish, from its set-up to its first error: reads, encodes and sends on the calling
/// thread, while librdkafka's threads deliver.
///
/// A Kafka transaction ends at commits of the source: as soon as nothing more is there to read, later while
/// much comes in, and at the limits of a batch; a transaction of the source that is larger is still one of
/// Kafka. Only what a committed Kafka transaction has is acknowledged to the slot.
class PublishSession {
 public:
    /// All outlive it.
    PublishSession(const PublishOptions& options, PublishBoard& board, Tenure& tenure);
    ~PublishSession();

    struct Goal {
        bool caught_up =
            false;  ///< ends when all that the source had committed at the beginning is published
    };
    /// Success when stopped or at the goal. What is complete is committed before.
    Status run(std::stop_token stop, Goal goal);

 private:
    using Clock = std::chrono::steady_clock;

    Status publish_snapshot(std::stop_token stop);
    Status confirm_tables();
    Status start_stream();
    Status stream(std::stop_token stop, Goal goal);
    Status read_some(bool& drained);
    Status send();
    Status commit_if_due(bool drained);
    bool worth_committing(bool drained, Clock::time_point now) const;
    Status commit();
    Status upkeep(bool wants_position);
    Status heartbeat();
    Status look_at_source();
    Status publish_new_tables();
    bool has_uncommitted() const;
    bool full() const;

    const PublishOptions& options_;
    PublishBoard& board_;
    Tenure& tenure_;
    ReadyToPublish ready_;
    std::unique_ptr<TableEncoders> encoders_;
    std::unique_ptr<EventMaker> maker_;
    std::unique_ptr<ChangeSource> source_;
    Lsn committed_;
    std::uint64_t sent_bytes_ = 0;  ///< in the open Kafka transaction
    Clock::time_point last_commit_, last_upkeep_, first_event_;
    Clock::time_point next_look_, next_tables_, next_heartbeat_;
    std::chrono::milliseconds idle_save_interval_;
};

}  // namespace walferry::publish
