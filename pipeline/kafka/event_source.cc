#include "pipeline/kafka/event_source.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "capture/debezium/key_headers.h"
#include "capture/kafka/record_json.h"
#include "capture/pgoutput/message_writer.h"
#include "pipeline/due_time.h"

namespace walferry {

namespace {

using debezium::Operation;
using debezium::RowChange;

constexpr std::size_t records_a_poll = 2'000;
constexpr std::chrono::milliseconds offsets_interval{1'000};
ChangeKind kind_of(Operation op) {
    switch (op) {
        case Operation::Read:
        case Operation::Create:
            return ChangeKind::Insert;
        case Operation::Update:
            return ChangeKind::Update;
        case Operation::Delete:
            return ChangeKind::Delete;
        case Operation::Truncate:
            break;
    }
    return ChangeKind::Truncate;
}

/// Events of one partition are in the order of their offsets, and no two of a table have the same of these.
std::uint64_t ordinal_of(const KafkaRecord& record) {
    constexpr int partition_bits = 12;
    constexpr std::uint64_t partition_mask = (1u << partition_bits) - 1;
    return static_cast<std::uint64_t>(record.offset) << partition_bits |
           (static_cast<std::uint64_t>(record.partition) & partition_mask);
}

bool has_header(const KafkaRecord& record, std::string_view name) {
    return std::any_of(record.headers.begin(), record.headers.end(),
                       [&](const KafkaHeader& header) { return header.name == name; });
}

bool same_partition(const KafkaRecord& left, const KafkaRecord& right) {
    return left.partition == right.partition && left.topic == right.topic;
}

}  // namespace

Result<std::unique_ptr<EventSource>> EventSource::open(Parts parts, std::stop_token stop) {
    std::unique_ptr<EventSource> source(new EventSource(std::move(parts)));
    WALFERRY_TRY(session, source->parts_.warehouse.connect());
    source->session_ = std::move(session);
    WALFERRY_TRY(consumer, KafkaConsumer::open(source->parts_.consumer, *source, stop));
    source->consumer_ = std::move(consumer);
    return source;
}

Result<SourceEvent> EventSource::next() {
    if (step_ == Step::Change) {
        step_ = Step::Commit;
        if (unreadable_) return SourceEvent(letter_);
        return SourceEvent(change_);
    }
    if (step_ == Step::Commit) {
        step_ = Step::Idle;
        parts_.ledger->note(position_, partition_, next_offset_);
        told_ = position_;
        return SourceEvent(TransactionCommit{transaction_});
    }
    for (;;) {
        while (next_record_ < records_.size() && !keep_for_later()) {
            WALFERRY_TRY(taken, take_next());
            if (taken) {
                step_ = Step::Change;
                return SourceEvent(TransactionBegin{transaction_});
            }
        }
        note_positions();
        if (told_ < position_) {
            told_ = position_;
            return SourceEvent(Keepalive{position_, false});
        }
        WALFERRY_TRY(records, consumer_->poll(records_a_poll));
        records_ = records;
        next_record_ = 0;
        if (!records_.empty()) continue;
        // What was kept has waited for nothing.
        if (!kept_.empty()) {
            WALFERRY_TRY(taken, take_next());
            if (taken) {
                step_ = Step::Change;
                return SourceEvent(TransactionBegin{transaction_});
            }
        }
        note_positions();
        if (told_ == position_) return SourceEvent(NothingYet{});
    }
}

/// The record that comes next, or so many after it; null past the end of what is here.
const KafkaRecord* EventSource::ahead(std::size_t place) {
    if (!kept_.empty()) {
        if (place == 0) return &(kept_view_ = kept_.front().view());
        --place;
    }
    return next_record_ + place < records_.size() ? &records_[next_record_ + place] : nullptr;
}

/// Where the second half of a key's change stands, which the next record is the first of: 0 where it is none,
/// or the other is not right behind it (a tombstone between).
std::size_t EventSource::second_half() {
    const KafkaRecord first = *ahead(0);
    if (!has_header(first, debezium::new_key_header)) return 0;
    for (std::size_t place = 1; place <= 2; ++place) {
        const KafkaRecord* const second = ahead(place);
        if (second == nullptr || !same_partition(first, *second)) return 0;
        if (has_header(*second, debezium::old_key_header) && second->value) return place;
        if (second->value) return 0;
    }
    return 0;
}

/// The first half of a key's change at the end of what is here, whose other half is still to come.
bool EventSource::keep_for_later() {
    if (!kept_.empty()) return false;
    const std::size_t left = records_.size() - next_record_;
    if (left > 2 || !has_header(records_[next_record_], debezium::new_key_header) ||
        !records_[next_record_].value)
        return false;
    if (left == 2 &&
        (records_[next_record_ + 1].value || !same_partition(records_[next_record_], records_.back())))
        return false;
    kept_.emplace_back(records_[next_record_]);
    next_record_ = records_.size();
    return true;
}

/// Whether what comes next becomes an event. What does not is read all the same.
Result<bool> EventSource::take_next() {
    const std::size_t second = second_half();
    const bool joined = second > 0 && take_key_change(second);
    const KafkaRecord record = joined ? *ahead(second) : *ahead(0);
    bool taken = joined;
    if (!joined) {
        WALFERRY_TRY(event, take(record));
        taken = event;
    }
    if (!taken) {
        position_ = Lsn{position_.value + 1};
        parts_.ledger->note(position_, {std::string(record.topic), record.partition}, record.offset + 1);
    }
    std::size_t gone = joined ? second + 1 : 1;
    if (!kept_.empty()) {
        given_.clear();
        given_.splice(given_.begin(), kept_);
        --gone;
    }
    next_record_ += gone;
    return taken;
}

/// A delete and the create after it as the update that they were at the source: a row is moved, its
/// unchanged values with it.
bool EventSource::take_key_change(std::size_t second) {
    const auto removed = reader_.read(*ahead(0));
    if (!removed) return false;
    const auto* const first = std::get_if<RowChange>(&removed.value());
    if (first == nullptr || first->op != Operation::Delete || !first->new_key) return false;
    const RelationId table = first->shape->relation.id;
    const std::optional<Lsn> lsn = first->source.lsn;
    const std::optional<std::int64_t> tx_id = first->source.tx_id;
    const KafkaRecord record = *ahead(second);
    const auto created = reader_.read(record);
    if (!created) return false;
    const auto* const change = std::get_if<RowChange>(&created.value());
    if (change == nullptr || change->op != Operation::Create || !change->old_key ||
        change->shape->relation.id != table || change->source.lsn != lsn || change->source.tx_id != tx_id)
        return false;
    RowChange update = *change;
    update.op = Operation::Update;
    update.before = change->old_key;
    update.before_is_full = false;
    return take_change(update, record);
}

/// What is behind the last record of a partition, aborted records and markers, was read as well.
void EventSource::note_positions() {
    if (!kept_.empty()) return;
    const Lsn next{position_.value + 1};
    bool moved = false;
    for (const auto& [partition, offset] : consumer_->positions()) {
        std::int64_t& noted = noted_[partition];
        if (offset <= noted) continue;
        noted = offset;
        parts_.ledger->note(next, partition, offset);
        moved = true;
    }
    if (moved) position_ = next;
}

/// Whether the record becomes an event. An error is not of the record: its schema can't be had now, say.
Result<bool> EventSource::take(const KafkaRecord& record) {
    auto event = reader_.read(record);
    if (!event && event.error().kind != ErrorKind::Data) return event.error();
    if (!event) return take_unreadable(event.error(), "", record);
    if (const auto* change = std::get_if<RowChange>(&event.value())) return take_change(*change, record);
    return false;
}

const std::string& EventSource::lasting(std::string_view topic) {
    const auto found = topics_.find(topic);
    return found != topics_.end() ? *found : *topics_.emplace(topic).first;
}

/// Its own position, transaction and origin.
void EventSource::begin(const KafkaRecord& record, Lsn lsn, PgTime time, std::uint32_t xid) {
    position_ = Lsn{position_.value + 1};
    transaction_ = {xid, lsn, position_, time};
    if (partition_.topic != record.topic) partition_.topic = record.topic;
    partition_.partition = record.partition;
    next_offset_ = record.offset + 1;
    origin_ = {lasting(record.topic), record.partition, record.offset, {}, false};
}

/// Reads of an incremental snapshot have none: they are as new as what came before them. What other
/// connectors have is not comparable: there the offset serves.
Lsn EventSource::lsn_of(const debezium::SourceBlock& source, const KafkaRecord& record) {
    if (!source.is_postgresql()) return Lsn{static_cast<std::uint64_t>(record.offset) + 1};
    Lsn& last = last_lsns_[{std::string(record.topic), record.partition}];
    if (source.lsn) last = *source.lsn;
    return last;
}

bool EventSource::take_unreadable(Error error, std::string_view table, const KafkaRecord& record) {
    error_ = std::move(error);
    const PgTime time = record.timestamp_ms < 0 ? 0 : pg_time_of_unix(record.timestamp_ms * 1000);
    begin(record, last_lsns_[{std::string(record.topic), record.partition}], time, 0);
    raw_.clear();
    append_record_json(raw_, record);
    table_.assign(table);
    letter_ = {&error_, table_, origin_, time, raw_};
    unreadable_ = true;
    return true;
}

void EventSource::make_row(const EventShapes::Mapping& mapping, TupleData row, std::vector<ColumnValue>& to) {
    to.clear();
    for (const std::int32_t from : mapping.columns)
        to.push_back(from < 0 ? ColumnValue{} : row[static_cast<std::size_t>(from)]);
}

bool EventSource::take_change(const RowChange& change, const KafkaRecord& record) {
    // The first that is heard of a table does not say what it is like; there is nothing of it to empty.
    const SourceTable& named = change.shape->table;
    if (change.op == Operation::Truncate && !parts_.shapes.has_columns(named.schema, named.name))
        return false;
    auto mapped = parts_.shapes.map(*change.shape);
    if (!mapped) return take_unreadable(mapped.error(), change.shape->table.qualified_name(), record);
    if (change.op == Operation::Truncate) {
        const auto partitions = partition_count(record.topic);
        if (!partitions || partitions.value() != 1) {
            return take_unreadable(
                Error{
                    ErrorKind::Data,
                    "a TRUNCATE says nothing of what the other partitions of its topic had by then: copy the "
                    "table anew at its connector",
                    "", ""},
                change.shape->table.qualified_name(), record);
        }
    }
    const EventShapes::Mapping& mapping = *mapped.value();
    const std::int64_t time_us =
        change.source.time_us != 0 ? change.source.time_us : record.timestamp_ms * 1000;
    begin(record, lsn_of(change.source, record), pg_time_of_unix(time_us),
          static_cast<std::uint32_t>(change.source.tx_id.value_or(0)));
    if (change.transaction) origin_.total_order = change.transaction->total_order;
    origin_.is_read = change.op == Operation::Read;
    unreadable_ = false;
    change_ = {};
    change_.kind = kind_of(change.op);
    change_.relation = mapping.relation;
    if (change.before) {
        make_row(mapping, *change.before, before_);
        change_.before = before_;
        change_.before_is_full = change.before_is_full;
    }
    if (change_.kind == ChangeKind::Insert || change_.kind == ChangeKind::Update) {
        make_row(mapping, change.after, after_);
        change_.after = after_;
    }
    change_.sequence = {transaction_.commit_lsn, ordinal_of(record)};
    change_.record = &origin_;
    message_.clear();
    if (change_.kind == ChangeKind::Truncate) {
        write_truncate_message(*change_.relation, message_);
    } else {
        write_change_message(change_, message_);
    }
    change_.message = message_;
    return true;
}

Result<int> EventSource::partition_count(std::string_view topic) {
    const auto known = partition_counts_.find(topic);
    if (known != partition_counts_.end()) return known->second;
    WALFERRY_TRY(partitions, consumer_->partitions());
    for (const KafkaPartition& each : partitions) ++partition_counts_[each.topic];
    return partition_counts_[std::string(topic)];
}

Status EventSource::acknowledge(Lsn) {
    if (!due(next_told_, offsets_interval)) return success();
    KafkaOffsets offsets;
    for (const PartitionOffset& each : parts_.ledger->saved()) offsets[each.of] = each.next;
    consumer_->commit_for_eyes(offsets);
    return success();
}

/// Serves the group also while nothing can be taken. Not while records are given out: they hold until the
/// next poll.
Status EventSource::keep_alive() {
    if (next_record_ < records_.size() || !kept_.empty() || step_ != Step::Idle) return success();
    WALFERRY_TRY(none, consumer_->poll(0));
    records_ = none;
    next_record_ = 0;
    return success();
}

void EventSource::wait(int wake, std::chrono::milliseconds time_max) {
    consumer_->wait(wake, time_max);
}

Result<std::vector<std::int64_t>> EventSource::assigned(std::span<const KafkaPartition> partitions) {
    WALFERRY_TRY(begins, consumer_->begin_offsets(partitions));
    std::vector<PartitionOffset> wanted;
    for (const KafkaPartition& each : partitions) wanted.push_back({each, begins.at(each), 0});
    WALFERRY_TRY(owned, parts_.offsets.take_over(*session_, wanted));
    parts_.ledger->own(owned);
    std::vector<std::int64_t> offsets;
    for (const PartitionOffset& each : owned) {
        spdlog::info("{}: ours from offset {} on", to_string(each.of), each.next);
        noted_[each.of] = each.next;
        offsets.push_back(each.next);
    }
    return offsets;
}

Status EventSource::revoked(std::span<const KafkaPartition> partitions) {
    WALFERRY_TRYV(parts_.settle());
    return lost(partitions);
}

Status EventSource::lost(std::span<const KafkaPartition> partitions) {
    for (const KafkaPartition& each : partitions) {
        spdlog::info("{}: goes to another worker", to_string(each));
        noted_.erase(each);
        std::erase_if(kept_, [&](KeptRecord& kept) {
            const KafkaRecord record = kept.view();
            return record.topic == each.topic && record.partition == each.partition;
        });
    }
    parts_.ledger->disown(partitions);
    return success();
}

}  // namespace walferry
