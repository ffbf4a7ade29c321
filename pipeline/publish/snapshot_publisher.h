#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "capture/snapshot/snapshot_reader.h"
#include "pipeline/publish/event_maker.h"
#include "pipeline/publish/kafka_output.h"
#include "pipeline/publish/publish_status.h"

namespace walferry::publish {

/// Publishes the rows that tables had in one snapshot as `r` events, one table after the other.
///
/// What fits into `snapshot_part_time_max` is one Kafka transaction with the checkpoint that says Done: a
/// crash before leaves nothing. A longer one is committed in parts, with checkpoints that say Partly.
class SnapshotPublisher {
 public:
    struct Parts {
        const PublishOptions& options;
        TableEncoders& encoders;
        KafkaOutput& output;
        PublishBoard& board;
        RecordBatch& batch;
    };
    /// `transaction_id`: what the events say, as Debezium's do. `position`: where the stream will begin.
    struct Place {
        std::string snapshot;  ///< for SET TRANSACTION SNAPSHOT
        PgTime time = 0;
        Lsn position;
        std::int64_t transaction_id = 0;
    };
    SnapshotPublisher(Parts parts, Place place, PublishCheckpoint& checkpoint);

    /// Kind Cancelled when asked to stop. `holder` has the tables locked.
    Status run(SnapshotHolder& holder, const std::vector<SourceTable>& tables, std::stop_token stop);

 private:
    struct Waiting {
        EncodedTable* table = nullptr;  ///< null: no row waits
        std::vector<bool> as_text;
        std::string bytes;
        bool first_in_table = false;
    };

    Status copy(SnapshotHolder& holder, CopyReader& reader, const SourceTable& table, std::stop_token stop);
    Status take_row(EncodedTable& table, const std::vector<bool>& as_text, std::string_view bytes,
                    bool first_in_table);
    Status emit(bool last_in_table, bool last);
    void bury(const Error& error);
    Status send();
    Status commit(SnapshotProgress progress);

    Parts parts_;
    Place place_;
    PublishCheckpoint& checkpoint_;
    EventSource source_;
    std::string dead_letter_topic_;
    Waiting waiting_;
    std::vector<ColumnValue> row_;
    bool emitted_ = false;
};

}  // namespace walferry::publish
