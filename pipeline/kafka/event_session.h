#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "kafka/topic_watch.h"
#include "pipeline/kafka/event_reshaper.h"
#include "pipeline/kafka/event_source.h"
#include "pipeline/kafka/event_tables.h"
#include "pipeline/pipeline_session.h"

namespace walferry {

/// One life of a pipeline that reads Debezium's topics: as PipelineSession, with Kafka in the place of the
/// slot. Several workers run the same pipeline at once, in several processes, each with its partitions.
class EventSession {
 public:
    EventSession(const Config& config, Warehouse& warehouse, StatusBoard& board, Metrics& metrics,
                 ApplierErrands& errands, OutboxRelay* outbox);
    ~EventSession();

    /// See PipelineSession::run. The goal is that all is applied which the topics had when it began, whoever
    /// of the group applies it.
    Result<SessionEnd> run(std::stop_token stop, PipelineSession::Goal goal,
                           const std::function<void()>& began);

 private:
    Status begin(std::stop_token stop, PipelineSession::Goal goal);
    Status find_end(std::stop_token stop);
    Result<SessionEnd> supervise(std::stop_token stop, PipelineSession::Goal goal);
    void look_at_partitions();
    void report();
    Result<bool> reached_end();

    const Config& config_;
    Warehouse& warehouse_;
    StatusBoard& board_;
    Metrics& metrics_;
    ApplierErrands& errands_;
    OutboxRelay* outbox_;

    std::unique_ptr<WarehouseSession> session_;  ///< the applier's
    std::unique_ptr<WarehouseSession> looker_;   ///< the supervisor's
    std::optional<KafkaOffsetStore> offsets_;
    std::unique_ptr<TopicWatch> watch_;
    KafkaOffsets end_;  ///< of the topics, as of when the session began; where it has a goal
    std::shared_ptr<TableRegistry> registry_ = std::make_shared<TableRegistry>();
    std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
    EventShapes shapes_;
    std::unique_ptr<EventTables> tables_;
    std::unique_ptr<EventReshaper> reshaper_;
    std::shared_ptr<OffsetLedger> ledger_;
    std::unique_ptr<EventSource> source_;
    std::unique_ptr<DeadLetterOffice> letters_;
    std::unique_ptr<SessionThreads> threads_;
};

}  // namespace walferry
