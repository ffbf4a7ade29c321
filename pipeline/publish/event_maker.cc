#include "pipeline/publish/event_maker.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "pipeline/publish/dead_letter_record.h"

namespace walferry::publish {

std::int64_t unix_nanoseconds_now() {
    using namespace std::chrono;
    return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

EventMaker::EventMaker(const PublishOptions& options, const EnvelopeSettings& settings,
                       TableEncoders& encoders, const PublishCheckpoint& from)
    : encoders_(encoders),
      dead_letter_topic_(options.dead_letter_topic()),
      outbox_table_(options.outbox_table),
      messages_and_heartbeats_(settings),
      position_(from.place.position) {
    if (options.transaction_topic) transactions_.emplace(settings);
    if (from.previous_commit) source_.previous_commit = from.previous_commit;
    source_.time = from.place.latest_commit_time;
}

Status EventMaker::prepare(const PublishOptions& options) {
    if (options.registry.empty()) return success();
    if (options.messages) {
        WALFERRY_TRYV(messages_and_heartbeats_.prepare_messages());
    }
    if (options.heartbeat.count() > 0) {
        WALFERRY_TRYV(messages_and_heartbeats_.prepare_heartbeats());
    }
    return transactions_ ? transactions_->prepare() : Status{success()};
}

Status EventMaker::take_in(const SourceEvent& event) {
    if (const auto* changed = std::get_if<ChangeEvent>(&event)) return change(*changed);
    if (const auto* begins = std::get_if<TransactionBegin>(&event)) begin(begins->transaction);
    if (const auto* commits = std::get_if<TransactionCommit>(&event)) commit(commits->transaction);
    if (const auto* written = std::get_if<LogicalMessage>(&event)) message(*written);
    if (const auto* keepalive = std::get_if<Keepalive>(&event); keepalive && !in_transaction_)
        position_ = std::max(position_, keepalive->position);
    return success();
}

void EventMaker::begin(const Transaction& transaction) {
    in_transaction_ = true;
    source_.time = transaction.commit_time;
    source_.transaction_id = transaction.xid;
}

Status EventMaker::change(const ChangeEvent& change) {
    WALFERRY_TRY(table, encoders_.of(*change.relation));
    if (table->encoder == nullptr) return success();
    source_.lsn = source_.sequence_lsn = change.lsn;
    source_.published_ns = unix_nanoseconds_now();
    ++events_;
    if (oldest_commit_ == 0) oldest_commit_ = source_.time;
    if (!outbox_table_.empty() && table->name == outbox_table_) return route(*table, change);
    return encode(*table, change);
}

/// A row of the application's outbox.
Status EventMaker::route(EncodedTable& table, const ChangeEvent& change) {
    if (change.kind != ChangeKind::Insert) return success();
    if (!router_ || router_->version() != change.relation->version) {
        WALFERRY_TRY(made, OutboxRouter::make(*change.relation));
        // Records point to the topics' names of the one before.
        if (router_) spent_routers_.push_back(std::move(*router_));
        router_ = std::move(made);
    }
    const Status routed = router_->append(change, batch_);
    if (routed.has_error() && routed.error().kind != ErrorKind::Data) return routed;
    if (routed.has_error()) {
        bury(table, change, routed.error());
    } else {
        ++table.counts.creates;
    }
    return success();
}

Status EventMaker::encode(EncodedTable& table, const ChangeEvent& change) {
    TransactionRecords* transactions = transactions_ ? &*transactions_ : nullptr;
    Status made = table.encoder->append_change(change, source_, transactions, batch_);
    EncodedTable* used = &table;
    if (made.has_error() && made.error().kind == ErrorKind::Data) {
        WALFERRY_TRY(relaxed, encoders_.allow_nulls(*change.relation, change.after));
        if (relaxed) {
            WALFERRY_TRY(again, encoders_.of(*change.relation));
            used = again;
            made = used->encoder->append_change(change, source_, transactions, batch_);
        }
    }
    if (made.has_error() && made.error().kind != ErrorKind::Data) return made;
    if (made.has_error()) {
        bury(*used, change, made.error());
        return success();
    }
    switch (change.kind) {
        case ChangeKind::Insert:
            ++used->counts.creates;
            break;
        case ChangeKind::Update:
            ++used->counts.updates;
            break;
        case ChangeKind::Delete:
            ++used->counts.deletes;
            break;
        case ChangeKind::Truncate:
            ++used->counts.truncates;
            break;
    }
    return success();
}

void EventMaker::bury(EncodedTable& table, const ChangeEvent& change, const Error& error) {
    UnfitRow row;
    row.table = &table.encoder->plan().table;
    row.op = static_cast<char>(change.kind);
    row.before = change.before;
    if (change.kind == ChangeKind::Insert || change.kind == ChangeKind::Update) row.after = change.after;
    row.source = &source_;
    row.error = &error;
    append_dead_letter(row, dead_letter_topic_, batch_);
    ++table.counts.dead_letters;
    if (letters_++ == 0)
        spdlog::warn("a row becomes a dead letter in topic {}: {}", dead_letter_topic_, error.message);
}

void EventMaker::commit(const Transaction& transaction) {
    source_.time = transaction.commit_time;
    source_.lsn = transaction.end_lsn;
    if (transactions_) transactions_->end(source_, batch_);
    source_.previous_commit = transaction.end_lsn;
    position_ = std::max(position_, transaction.end_lsn);
    in_transaction_ = false;
    newest_commit_ = std::max(newest_commit_, transaction.commit_time);
}

/// As Debezium has it: one outside of a transaction has no transaction id, the time of the commit before, and
/// counts as a commit for `sequence`.
void EventMaker::message(const LogicalMessage& message) {
    EventSource source = source_;
    source.lsn = source.sequence_lsn = message.lsn;
    source.published_ns = unix_nanoseconds_now();
    if (!message.transactional) {
        source.transaction_id.reset();
        source.previous_commit = source_.previous_commit = message.lsn;
        position_ = std::max(position_, message.lsn);
    }
    TransactionRecords* transactions = transactions_ ? &*transactions_ : nullptr;
    messages_and_heartbeats_.append_message(source, message.prefix, message.content, transactions, batch_);
    ++events_;
    ++messages_;
    if (oldest_commit_ == 0) oldest_commit_ = source.time;
}

void EventMaker::append_heartbeat() {
    messages_and_heartbeats_.append_heartbeat(unix_nanoseconds_now() / 1'000'000, batch_);
}

void EventMaker::settled() {
    events_ = messages_ = letters_ = 0;
    oldest_commit_ = newest_commit_ = 0;
}

}  // namespace walferry::publish
