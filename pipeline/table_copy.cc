#include "pipeline/table_copy.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

#include "apply/schema/shape_change.h"
#include "pipeline/copy_row.h"

namespace walferry {

namespace {

constexpr std::uint32_t pages_a_chunk = 8192;  // 64 MiB of heap
constexpr std::uint64_t rows_between_stop_checks = 1024;

Error cancelled() {
    return Error{ErrorKind::Cancelled, "the copy was stopped", "", ""};
}

/// What was not read of a chunk is in the way of the next one.
Status read_to_end(CopyReader& reader) {
    for (;;) {
        WALFERRY_TRY(row, reader.next());
        if (!row) return success();
    }
}

/// Does `step`, again and again while a lock is held by somebody else (a long query on the target, say).
Status while_busy(WarehouseSession& session, const std::string& what, std::stop_token stop,
                  const std::function<Status()>& step) {
    for (;;) {
        Status done = step();
        if (done) return done;
        session.rollback();
        if (done.error().kind != ErrorKind::Busy && done.error().kind != ErrorKind::Serialization)
            return done;
        if (stop.stop_requested()) return cancelled();
        spdlog::warn("{} waits: {}", what, done.error().message);
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
}

}  // namespace

TableCopy::TableCopy(CopyOptions options, Warehouse& warehouse, CopyDestination& destination)
    : options_(std::move(options)), warehouse_(warehouse), destination_(destination) {}

Status TableCopy::run(const std::vector<std::shared_ptr<Table>>& tables, bool wait_for_writers,
                      std::stop_token stop) {
    WALFERRY_TRY(session, warehouse_.connect());
    for (const auto& table : tables) {
        WALFERRY_TRYV(while_busy(*session, "preparing the copy of " + table->source().qualified_name(), stop,
                                 [&] { return destination_.prepare(*session, *table); }));
    }
    session.reset();
    if (wait_for_writers) {
        WALFERRY_TRYV(wait_for_older_transactions(stop));
    }

    std::vector<SourceTable> sources;
    for (const auto& table : tables) sources.push_back(without_dropped(table->source()));
    WALFERRY_TRY(holder, hold_snapshot(options_.connection, sources));
    WALFERRY_TRYV(confirm_shapes(tables));
    WALFERRY_TRYV(plan_chunks(*holder, tables));
    spdlog::info("copying {} tables in {} chunks under snapshot {}", tables.size(), chunks_.size(),
                 holder->text());
    return run_workers(*holder, stop);
}

/// From the snapshot on nobody can alter the tables, but what was altered between plan and snapshot is in the
/// copy, and its changes are skipped.
Status TableCopy::confirm_shapes(const std::vector<std::shared_ptr<Table>>& tables) {
    if (options_.publication.empty()) return success();
    WALFERRY_TRY(catalog, connect_source_catalog(options_.connection));
    WALFERRY_TRY(published, catalog->published_tables(options_.publication));
    for (const auto& table : tables) {
        const SourceTable& planned = table->source();
        const auto found = std::find_if(published.begin(), published.end(),
                                        [&](const SourceTable& other) { return other.id == planned.id; });
        if (found == published.end() || same_columns(planned, *found)) continue;
        return Error{ErrorKind::Busy,
                     planned.qualified_name() + " was altered before its copy began; it is planned anew", "",
                     ""};
    }
    return success();
}

/// A change made before its table was published is not streamed, whenever its transaction commits; so the
/// snapshot must see every transaction that was running when the table became published.
Status TableCopy::wait_for_older_transactions(std::stop_token stop) {
    WALFERRY_TRY(catalog, connect_source_catalog(options_.connection));
    WALFERRY_TRY(next, catalog->next_xid());
    for (int waited_ms = 0;; waited_ms += 100) {
        WALFERRY_TRY(oldest, catalog->oldest_running_xid());
        if (oldest >= next) return success();
        if (stop.stop_requested()) return cancelled();
        if (waited_ms % 10'000 == 1'000) {
            spdlog::warn(
                "a copy waits for transactions at the source older than {} (the oldest is {}); "
                "see pg_stat_activity.backend_xid",
                next, oldest);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

Status TableCopy::plan_chunks(SnapshotHolder& holder, const std::vector<std::shared_ptr<Table>>& tables) {
    for (const auto& table : tables) {
        WALFERRY_TRY(chunks, holder.plan(without_dropped(table->source()), pages_a_chunk));
        auto work = std::make_unique<TableWork>();
        work->table = table;
        work->chunks_left = std::max<std::size_t>(chunks.size(), 1);
        table->rows_copied = 0;
        if (chunks.empty())
            chunks.push_back({});  // a partitioned table without partitions still has to be finished
        for (CopyChunk& chunk : chunks) chunks_.push_back({work.get(), std::move(chunk)});
        tables_.push_back(std::move(work));
    }
    return success();
}

Status TableCopy::run_workers(SnapshotHolder& holder, std::stop_token stop) {
    std::stop_source failed;
    const std::stop_callback forward(stop, [&failed] { failed.request_stop(); });
    const std::size_t count =
        std::clamp<std::size_t>(chunks_.size(), 1, static_cast<std::size_t>(options_.workers));
    std::vector<std::future<Status>> workers;
    for (std::size_t i = 0; i < count; ++i) {
        workers.push_back(std::async(std::launch::async, [this, &holder, &failed] {
            Status done = work(holder, failed.get_token());
            if (!done) failed.request_stop();
            return done;
        }));
    }
    Status outcome = success();
    for (auto& worker : workers) {
        Status done = worker.get();
        const bool more_telling = !done && (outcome || outcome.error().kind == ErrorKind::Cancelled);
        if (more_telling) outcome = std::move(done);
    }
    return outcome;
}

Status TableCopy::work(SnapshotHolder& holder, std::stop_token stop) {
    WALFERRY_TRY(session, warehouse_.connect());
    WALFERRY_TRY(reader, open_copy_reader(options_.connection, holder.name()));
    const std::stop_callback interrupt(stop, [&] {
        reader->interrupt();
        session->interrupt();
    });
    for (std::size_t i = next_chunk_++; i < chunks_.size(); i = next_chunk_++) {
        if (stop.stop_requested()) return cancelled();
        const ChunkWork& work = chunks_[i];
        if (work.chunk.heap != 0) {
            WALFERRY_TRYV(copy_chunk(*session, *reader, holder, work, stop));
        }
        if (--work.table->chunks_left > 0) continue;
        const std::lock_guard one_at_a_time(finish_mutex_);
        Table& table = *work.table->table;
        WALFERRY_TRYV(while_busy(*session, "completing the copy of " + table.source().qualified_name(), stop,
                                 [&] { return destination_.complete(*session, holder, table); }));
    }
    return success();
}

Status TableCopy::copy_chunk(WarehouseSession& session, CopyReader& reader, const SnapshotHolder& holder,
                             const ChunkWork& work, std::stop_token stop) {
    Table& table = *work.table->table;
    const bool has_contract = options_.letters != nullptr && !table.plans.front()->contract.empty();
    WALFERRY_TRYV(session.begin());
    std::uint64_t counted = 0;  // of its rows, in table.rows_copied
    auto copied = load_targets(session, reader, holder, work, has_contract, counted, stop);
    if (!copied && copied.error().kind == ErrorKind::Data && !has_contract && options_.letters != nullptr) {
        spdlog::warn("{}; that part of the copy is done again, row by row", copied.error().message);
        session.rollback();
        WALFERRY_TRYV(read_to_end(reader));
        WALFERRY_TRYV(session.begin());
        copied = load_targets(session, reader, holder, work, true, counted, stop);
    }
    if (!copied) return copied.error();
    WALFERRY_TRYV(destination_.hold(session, table));
    WALFERRY_TRYV(session.commit());
    table.rows_copied += copied.value() - counted;
    options_.committed(table, copied.value());
    return success();
}

/// Brings a chunk into each target; read anew for each, since a session loads one table at a time. Gives the
/// rows of one.
Result<std::uint64_t> TableCopy::load_targets(WarehouseSession& session, CopyReader& reader,
                                              const SnapshotHolder& holder, const ChunkWork& work,
                                              bool careful, std::uint64_t& counted, std::stop_token stop) {
    std::uint64_t rows = 0;
    for (const auto& plan : work.table->table->plans) {
        WALFERRY_TRY(copied, careful ? load_chunk_carefully(session, reader, holder, work, *plan, stop)
                                     : load_chunk(session, reader, holder, work, *plan, counted, stop));
        rows = copied;
    }
    return rows;
}

Result<std::uint64_t> TableCopy::load_chunk(WarehouseSession& session, CopyReader& reader,
                                            const SnapshotHolder& holder, const ChunkWork& work,
                                            const TablePlan& plan, std::uint64_t& counted,
                                            std::stop_token stop) {
    Table& table = *work.table->table;
    const bool counts = &plan == table.plans.front().get();
    CopyRow row(plan, {holder.position(), holder.time(), pg_time_now()});
    WALFERRY_TRYV(reader.start(row.source(), work.chunk, row.as_text()));
    std::uint64_t rows = 0;
    WALFERRY_TRY(loader, session.load(destination_.filled(table, plan), plan.columns, plan.format));
    for (;;) {
        WALFERRY_TRY(source_row, reader.next());
        if (!source_row) break;
        WALFERRY_TRY(load_row, row.convert(*source_row));
        WALFERRY_TRYV(loader->append(load_row));
        if (++rows % rows_between_stop_checks != 0) continue;
        if (stop.stop_requested()) return cancelled();
        if (counts) options_.pace(rows_between_stop_checks, stop);
        if (counts) table.rows_copied += rows_between_stop_checks;
        if (counts) counted += rows_between_stop_checks;
    }
    WALFERRY_TRYV(loader->finish());
    return rows;
}

Result<std::uint64_t> TableCopy::load_chunk_carefully(WarehouseSession& session, CopyReader& reader,
                                                      const SnapshotHolder& holder, const ChunkWork& work,
                                                      const TablePlan& plan, std::stop_token stop) {
    Table& table = *work.table->table;
    const TargetName into = destination_.filled(table, plan);
    const auto commit = [&]() -> Status {
        WALFERRY_TRYV(destination_.hold(session, table));
        WALFERRY_TRYV(session.commit());
        return session.begin();
    };
    const auto check_stop = [&] { return stop.stop_requested() ? Status{cancelled()} : Status{success()}; };
    WALFERRY_TRY(copy, CarefulCopy::make({session,
                                          warehouse_.kind(),
                                          plan,
                                          into,
                                          {holder.position(), holder.time(), pg_time_now()},
                                          *options_.letters,
                                          commit,
                                          check_stop}));
    WALFERRY_TRY(outcome, copy.run(reader, work.chunk));
    if (!outcome.letters.empty() || !outcome.violations.empty()) {
        WALFERRY_TRY(open, options_.letters->store().count_pending(session));
        options_.refused(table, outcome, total(open));
    }
    return outcome.rows;
}

}  // namespace walferry
