#include "pipeline/publish/publish_session.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "capture/pgoutput/pgoutput_source.h"
#include "pipeline/publish/snapshot_publisher.h"
#include "pipeline/table_matching.h"

namespace walferry::publish {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int events_between_checks = 512;
constexpr std::size_t batch_bytes = 128 << 10;
constexpr milliseconds upkeep_pause{200};
constexpr milliseconds look_pause{2'000};
constexpr milliseconds tables_pause_min{1'000}, tables_pause_max{5'000};
constexpr int tables_share_of_time = 100;
/// While so many events come in a second, a commit at every breath of the source would cost more than it
/// gives: then only so often.
constexpr double busy_events_per_second = 20'000;
constexpr milliseconds busy_commit_pause{100};
/// A position without events is saved this soon after a commit, then after twice as long each time.
constexpr milliseconds idle_commit_pause_min{250}, idle_commit_pause_max{10'000};
/// Or when it has moved this far.
constexpr std::uint64_t idle_commit_bytes = 16u << 20;

}  // namespace

PublishSession::PublishSession(const PublishOptions& options, PublishBoard& board, Tenure& tenure)
    : options_(options), board_(board), tenure_(tenure), idle_save_interval_(idle_commit_pause_min) {}

PublishSession::~PublishSession() = default;

Status PublishSession::run(std::stop_token stop, Goal goal) {
    WALFERRY_TRY(ready, set_up_publishing(options_, tenure_, stop));
    ready_ = std::move(ready);
    encoders_ = std::make_unique<TableEncoders>(options_, ready_.settings, *ready_.catalog);
    WALFERRY_TRYV(publish_snapshot(stop));
    WALFERRY_TRYV(start_stream());
    return stream(stop, goal);
}

Status PublishSession::publish_snapshot(std::stop_token stop) {
    const SnapshotProgress progress = ready_.checkpoint.snapshot;
    if (progress == SnapshotProgress::None || progress == SnapshotProgress::Done) return success();
    board_.set_state("snapshot");
    const bool again = ready_.slot == nullptr;
    if (again) spdlog::warn("the snapshot was interrupted: it is published once more, from the beginning");
    WALFERRY_TRY(holder, again
                             ? hold_snapshot(options_.connection, ready_.tables)
                             : import_snapshot(options_.connection, ready_.slot->snapshot(), ready_.tables));
    ready_.slot.reset();
    WALFERRY_TRYV(confirm_tables());
    WALFERRY_TRY(transaction_id, ready_.catalog->next_xid());
    RecordBatch batch;
    const SnapshotPublisher::Place place{holder->name(), holder->time(), ready_.checkpoint.place.position,
                                         static_cast<std::int64_t>(transaction_id)};
    SnapshotPublisher publisher({options_, *encoders_, *ready_.output, board_, batch}, place,
                                ready_.checkpoint);
    // What is in an outbox already was sent before, or is the application's to send again.
    std::vector<SourceTable> tables = ready_.tables;
    std::erase_if(tables,
                  [&](const SourceTable& table) { return table.qualified_name() == options_.outbox_table; });
    return publisher.run(*holder, tables, stop);
}

/// They are locked by now. What they were described as before has to be what they are, or the snapshot could
/// not be read.
Status PublishSession::confirm_tables() {
    WALFERRY_TRY(now, wanted_tables(options_, *ready_.catalog));
    for (const SourceTable& table : ready_.tables) {
        const bool same = std::any_of(now.begin(), now.end(), [&](const SourceTable& other) {
            return other.id == table.id && other.columns == table.columns;
        });
        if (same) continue;
        return Error{ErrorKind::Busy, table.qualified_name() + " was altered just now", "", ""};
    }
    return success();
}

/// Without transactions nothing fences an older instance but the slot; so where it was is known only now.
Status PublishSession::start_stream() {
    while (true) {
        const Lsn start = ready_.checkpoint.place.position;
        WALFERRY_TRY(source, start_pgoutput({options_.connection, options_.slot, options_.publication, start,
                                             options_.messages}));
        if (!options_.exactly_once) {
            WALFERRY_TRY(last, ready_.output->last_checkpoint());
            if (last && last->place.position > start) {
                ready_.checkpoint = *last;
                ready_.checkpoint.instance = tenure_.instance;
                continue;
            }
        }
        source_ = std::move(source);
        maker_ = std::make_unique<EventMaker>(options_, ready_.settings, *encoders_, ready_.checkpoint);
        WALFERRY_TRYV(maker_->prepare(options_));
        committed_ = start;
        last_commit_ = Clock::now();
        board_.committed(start, {}, 0, 0);
        board_.set_received(start, 0);
        board_.set_state("streaming");
        spdlog::info("publishing from {}", to_string(start));
        return success();
    }
}

Status PublishSession::stream(std::stop_token stop, Goal goal) {
    Lsn wanted;
    if (goal.caught_up) {
        WALFERRY_TRY(position, ready_.catalog->wal_position());
        wanted = position;
    }
    next_heartbeat_ = Clock::now();
    while (!stop.stop_requested()) {
        bool drained = false;
        WALFERRY_TRYV(read_some(drained));
        WALFERRY_TRYV(commit_if_due(drained));
        if (goal.caught_up && maker_->position() >= wanted && !maker_->in_transaction()) break;
        WALFERRY_TRYV(upkeep(goal.caught_up));
        if (drained) source_->wait(-1, has_uncommitted() ? milliseconds(5) : upkeep_pause);
    }
    if (!maker_->in_transaction()) {
        WALFERRY_TRYV(commit());
    }
    WALFERRY_TRYV(source_->keep_alive());
    spdlog::info("stopped at checkpoint {}", to_string(committed_));
    return success();
}

Status PublishSession::read_some(bool& drained) {
    for (int i = 0; i < events_between_checks; ++i) {
        WALFERRY_TRY(event, source_->next());
        drained = std::holds_alternative<NothingYet>(event);
        if (drained) break;
        const bool first = maker_->events() == 0;
        WALFERRY_TRYV(maker_->take_in(event));
        if (first && maker_->events() != 0) first_event_ = Clock::now();
        if (maker_->batch().byte_count() >= batch_bytes) {
            WALFERRY_TRYV(send());
        }
        if (full() && !maker_->in_transaction()) break;
    }
    board_.set_received(maker_->position(), maker_->oldest_commit());
    return success();
}

Status PublishSession::send() {
    sent_bytes_ += maker_->batch().byte_count();
    WALFERRY_TRYV(ready_.output->send(maker_->batch()));
    encoders_->drop_replaced();
    return success();
}

bool PublishSession::has_uncommitted() const {
    return ready_.output->has_open() || maker_->batch().size() != 0;
}

bool PublishSession::full() const {
    return maker_->events() >= options_.batch.rows_max || sent_bytes_ >= options_.batch.bytes_max;
}

bool PublishSession::worth_committing(bool drained, Clock::time_point now) const {
    if (full()) return true;
    if (!has_uncommitted()) {
        // A position alone costs a Kafka transaction, too: only now and then.
        if (maker_->position() <= committed_) return false;
        const bool moved_far = maker_->position().value - committed_.value >= idle_commit_bytes;
        return moved_far || now - last_commit_ >= idle_save_interval_;
    }
    if (!drained) return false;
    if (now - first_event_ < options_.batch.delay_max) return false;
    const std::chrono::duration<double> since = now - last_commit_;
    const bool busy = static_cast<double>(maker_->events()) > since.count() * busy_events_per_second;
    return !busy || since >= busy_commit_pause;
}

Status PublishSession::commit_if_due(bool drained) {
    if (maker_->in_transaction() || !worth_committing(drained, Clock::now())) return success();
    return commit();
}

Status PublishSession::commit() {
    const bool with_records = has_uncommitted();
    if (!with_records && maker_->position() <= committed_) return success();
    WALFERRY_TRYV(send());
    PublishCheckpoint& checkpoint = ready_.checkpoint;
    checkpoint.place.position = maker_->position();
    checkpoint.place.latest_commit_time =
        std::max(checkpoint.place.latest_commit_time, maker_->newest_commit());
    checkpoint.previous_commit = maker_->previous_commit();
    WALFERRY_TRYV(ready_.output->commit(checkpoint));
    committed_ = checkpoint.place.position;
    sent_bytes_ = 0;
    board_.committed(committed_, encoders_->take_counts(), maker_->messages(),
                     ready_.output->take_too_large());
    maker_->settled();
    board_.set_received(committed_, 0);
    last_commit_ = Clock::now();
    idle_save_interval_ =
        with_records ? idle_commit_pause_min : std::min(2 * idle_save_interval_, idle_commit_pause_max);
    return source_->acknowledge(committed_);
}

Status PublishSession::upkeep(bool wants_position) {
    const auto now = Clock::now();
    if (now - last_upkeep_ < upkeep_pause) return success();
    last_upkeep_ = now;
    if (wants_position) {
        WALFERRY_TRYV(source_->request_position());
    }
    WALFERRY_TRYV(source_->keep_alive());
    if (options_.heartbeat.count() > 0 && now >= next_heartbeat_) {
        WALFERRY_TRYV(heartbeat());
    }
    if (now >= next_look_) {
        WALFERRY_TRYV(look_at_source());
    }
    if (ready_.checkpoint.place.made_publication && now >= next_tables_) {
        WALFERRY_TRYV(publish_new_tables());
    }
    return success();
}

Status PublishSession::heartbeat() {
    if (maker_->in_transaction()) return success();
    next_heartbeat_ = Clock::now() + options_.heartbeat;
    maker_->append_heartbeat();
    return commit();
}

Status PublishSession::look_at_source() {
    WALFERRY_TRY(position, ready_.catalog->wal_position());
    WALFERRY_TRY(slot, ready_.catalog->slot(options_.slot));
    board_.set_source(position, slot);
    next_look_ = Clock::now() + look_pause;
    return success();
}

/// From then on their changes come; rows that they have already are not published, as with Debezium.
Status PublishSession::publish_new_tables() {
    const auto begun = Clock::now();
    Config rules;
    rules.tables = options_.tables;
    WALFERRY_TRY(candidates, ready_.catalog->candidates());
    WALFERRY_TRY(published, ready_.catalog->published_tables(options_.publication));
    const auto missing = unpublished(match_tables(rules, candidates).wanted, published);
    if (!missing.empty()) {
        WALFERRY_TRYV(ready_.catalog->add_to_publication(options_.publication, missing));
        for (const CandidateTable& table : missing)
            spdlog::info("{}.{} is published from now on", table.schema, table.name);
    }
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begun);
    next_tables_ = Clock::now() + std::clamp(took * tables_share_of_time, tables_pause_min, tables_pause_max);
    return success();
}

}  // namespace walferry::publish
