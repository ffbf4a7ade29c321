#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "apply/table_registry.h"
#include "capture/snapshot/snapshot_reader.h"
#include "capture/source_catalog.h"
#include "pipeline/careful_copy.h"
#include "pipeline/copy_destination.h"
#include "warehouse/warehouse.h"

namespace walferry {

struct CopyOptions {
    std::string connection;
    int workers = 2;
    /// Told of rows that were committed in the warehouse, by any worker.
    std::function<void(const Table&, std::uint64_t rows)> committed = [](const Table&, std::uint64_t) {};
    DeadLetterOffice* letters = nullptr;
    /// Told of what was refused, by any worker, once it is committed: with how many letters are open by then.
    std::function<void(const Table&, const CarefulCopy::Outcome&, std::uint64_t open_letters)> refused =
        [](const Table&, const CarefulCopy::Outcome&, std::uint64_t) {};
    std::string
        publication;  ///< to see that the tables are still those that were planned; empty: not looked at
    /// Told of rows that were read, by any worker, before the next ones are; may wait, until stopped.
    std::function<void(std::uint64_t rows, std::stop_token stop)> pace = [](std::uint64_t, std::stop_token) {
    };
};

/// Copies tables under one exported snapshot with several workers, while the stream goes on and their changes
/// are kept aside.
///
/// Order, and what a crash leaves (of a first copy; see TargetDestination): (1) the state row is written as
/// `copying` under our epoch and the target emptied, in one commit; (2) transactions that ran before the
/// tables were published end; (3) locks, snapshot; (4) chunks, one warehouse commit each, fenced by the epoch
/// on the state row; (5) primary key and `catching_up` with the snapshot, in one commit. Killed before (5), a
/// table begins again at (1) with a new snapshot; after it, its kept changes are applied. Changes are kept
/// from before (1) on, and the snapshot decides which of them the copy has seen.
class TableCopy {
 public:
    /// `destination` outlives the copy.
    TableCopy(CopyOptions options, Warehouse& warehouse, CopyDestination& destination);

    /// Copies these tables; returns when all are catching up, when asked to stop (kind Cancelled), or on the
    /// first error. `wait_for_writers`: the tables may have been published while transactions ran; not needed
    /// when they were published before the slot was made.
    Status run(const std::vector<std::shared_ptr<Table>>& tables, bool wait_for_writers,
               std::stop_token stop);

 private:
    struct TableWork {
        std::shared_ptr<Table> table;
        std::atomic<std::size_t> chunks_left{0};
    };
    struct ChunkWork {
        TableWork* table = nullptr;
        CopyChunk chunk;
    };

    Status confirm_shapes(const std::vector<std::shared_ptr<Table>>& tables);
    Status wait_for_older_transactions(std::stop_token stop);
    Status plan_chunks(SnapshotHolder& holder, const std::vector<std::shared_ptr<Table>>& tables);
    Status run_workers(SnapshotHolder& holder, std::stop_token stop);
    Status work(SnapshotHolder& holder, std::stop_token stop);
    Status copy_chunk(WarehouseSession& session, CopyReader& reader, const SnapshotHolder& holder,
                      const ChunkWork& work, std::stop_token stop);
    Result<std::uint64_t> load_chunk(WarehouseSession& session, CopyReader& reader,
                                     const SnapshotHolder& holder, const ChunkWork& work,
                                     const TablePlan& plan, std::uint64_t& counted, std::stop_token stop);
    Result<std::uint64_t> load_chunk_carefully(WarehouseSession& session, CopyReader& reader,
                                               const SnapshotHolder& holder, const ChunkWork& work,
                                               const TablePlan& plan, std::stop_token stop);
    Result<std::uint64_t> load_targets(WarehouseSession& session, CopyReader& reader,
                                       const SnapshotHolder& holder, const ChunkWork& work, bool careful,
                                       std::uint64_t& counted, std::stop_token stop);

    CopyOptions options_;
    Warehouse& warehouse_;
    CopyDestination& destination_;
    std::vector<std::unique_ptr<TableWork>> tables_;
    std::vector<ChunkWork> chunks_;
    std::atomic<std::size_t> next_chunk_{0};
    std::mutex finish_mutex_;
};

}  // namespace walferry
