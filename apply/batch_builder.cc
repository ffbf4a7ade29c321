#include "apply/batch_builder.h"

#include <algorithm>

namespace walferry {

std::size_t Batch::rows() const {
    std::size_t rows = 0;
    for (const auto& [id, table] : tables) rows += table.size();
    return rows;
}

std::size_t Batch::bytes() const {
    std::size_t bytes = arena.used_bytes();
    for (const auto& [id, table] : tables) bytes += table.bytes();
    return bytes;
}

BatchBuilder::BatchBuilder(BatchLimits limits, TableRegistry& registry, TableResolver resolve, Lsn position)
    : limits_(limits),
      registry_(registry),
      resolve_(std::move(resolve)),
      batch_(std::make_unique<Batch>()),
      taken_position_(position) {
    batch_->position = position;
}

Status BatchBuilder::begin(const Transaction& transaction) {
    if (in_transaction_) return Error{ErrorKind::Protocol, "a transaction began inside another one", "", ""};
    transaction_ = transaction;
    in_transaction_ = true;
    return success();
}

/// A table that nobody wants is looked for again when its shape changed or a table was added: it may be
/// wanted by then. What was skipped before is in the copy that follows, since the copy waits for the
/// transactions of that time.
Result<std::shared_ptr<Table>> BatchBuilder::find_table(const Relation& relation) {
    const auto known = known_.find(relation.id);
    if (known != known_.end()) return known->second;
    std::shared_ptr<Table> table = registry_.find(relation.id);
    const auto unwanted = unwanted_.find(relation.id);
    const bool asked = unwanted != unwanted_.end() && unwanted->second == relation.version;
    if (table == nullptr && !asked) {
        WALFERRY_TRY(resolved, resolve_(relation));
        table = std::move(resolved);
    }
    if (table == nullptr) {
        unwanted_[relation.id] = relation.version;
    } else {
        known_[relation.id] = table;
    }
    return table;
}

/// Whether a table's changes are kept or applied is decided once a batch: the applier, which has
/// `goes_direct` set, sees in the batch itself from where on.
Result<TableBatch*> BatchBuilder::table_batch(const Relation& relation) {
    if (unwanted_generation_ != registry_.generation()) {
        known_.clear();  // a table may have another shape now
        for (auto& [id, rules] : rules_) rules.outdate();
    }
    unwanted_generation_ = registry_.generation();
    WALFERRY_TRY(table, find_table(relation));
    if (table == nullptr) return static_cast<TableBatch*>(nullptr);
    const auto found = batch_->tables.find(relation.id);
    if (found != batch_->tables.end()) return &found->second;
    if (!direct_[relation.id] && (table->streams() || table->goes_direct)) turn_direct(table);
    return &batch_->tables.emplace(relation.id, TableBatch(table, !direct_[relation.id])).first->second;
}

/// Null where every event may pass as it is.
Result<EventRules*> BatchBuilder::rules_of(const TablePlan& plan, const Relation& relation) {
    if (plan.configured_rules.empty() && plan.contract.empty()) return static_cast<EventRules*>(nullptr);
    const auto known = rules_.find(relation.id);
    if (known != rules_.end() && known->second.relation_version() == relation.version) return &known->second;
    WALFERRY_TRY(made, EventRules::make(plan, relation, known == rules_.end() ? nullptr : &known->second));
    return &rules_.insert_or_assign(relation.id, std::move(made)).first->second;
}

Status BatchBuilder::add_by_rules(const ChangeEvent& event) {
    WALFERRY_TRY(refusal, last_rules_->judge(event, batch_->violations));
    const ChangeEvent shown = last_rules_->transform(event);
    if (!refusal) return last_->add(shown, transaction_, batch_->arena);
    last_->refuse(shown, transaction_, std::move(*refusal), batch_->arena);
    return success();
}

void BatchBuilder::turn_direct(const std::shared_ptr<Table>& table) {
    direct_[table->source().id] = true;
    if (table->streams()) return;
    batch_->turning_direct.push_back(table);
    registry_.turned_direct();
}

/// Nothing of a quiet table will come to bring it about.
void BatchBuilder::turn_quiet_tables_direct() {
    if (registry_.turning() == 0) return;
    for (const std::shared_ptr<Table>& table : registry_.all()) {
        const RelationId id = table->source().id;
        const bool keeps_here = batch_->tables.contains(id);
        if (table->goes_direct && !direct_[id] && !keeps_here) turn_direct(table);
    }
}

Status BatchBuilder::change(const ChangeEvent& event) {
    if (!in_transaction_) return Error{ErrorKind::Protocol, "a change outside of a transaction", "", ""};
    ++batch_->events;
    const bool same_as_last = last_id_ == event.relation->id && last_version_ == event.relation->version;
    const bool still_unwanted = last_ != nullptr || unwanted_generation_ == registry_.generation();
    if (!same_as_last || !still_unwanted) {
        WALFERRY_TRY(table, table_batch(*event.relation));
        last_ = table;
        last_id_ = event.relation->id;
        last_version_ = event.relation->version;
        last_rules_ = nullptr;
        if (last_ != nullptr) {
            WALFERRY_TRY(rules, rules_of(*last_->table()->encoding_plan(), *event.relation));
            last_rules_ = rules;
        }
    }
    if (last_ == nullptr) {
        ++skipped_events_;
        return success();
    }
    const std::size_t rows = last_->size();
    const std::size_t bytes = last_->bytes();
    WALFERRY_TRYV(last_rules_ == nullptr ? last_->add(event, transaction_, batch_->arena)
                                         : add_by_rules(event));
    rows_ += last_->size() - rows;  // less after a TRUNCATE: the sum wraps around and comes out right
    table_bytes_ += last_->bytes() - bytes;
    return success();
}

Status BatchBuilder::letter(const UnreadableRecord& record) {
    if (!in_transaction_) return Error{ErrorKind::Protocol, "a record outside of a transaction", "", ""};
    ++batch_->events;
    DeadLetter letter;
    letter.stage = DeadLetterStage::Decode;
    letter.error_code = "record";
    letter.error = record.error->message;
    letter.source_table = record.source_table;
    letter.after = std::string(record.bytes);
    letter.sequence = {transaction_.commit_lsn, static_cast<std::uint64_t>(record.record.offset)};
    letter.commit_time = record.time;
    letter.topic = record.record.topic;
    letter.kafka_partition = record.record.partition;
    letter.kafka_offset = record.record.offset;
    letter_bytes_ += record.bytes.size();
    batch_->letters.push_back(std::move(letter));
    return success();
}

void BatchBuilder::commit(const Transaction& transaction) {
    in_transaction_ = false;
    ++batch_->transactions;
    if (batch_->first_commit_time == 0) batch_->first_commit_time = transaction.commit_time;
    batch_->last_commit_time = transaction.commit_time;
    batch_->newest_commit_time = std::max(batch_->newest_commit_time, transaction.commit_time);
    batch_->position = std::max(batch_->position, transaction.end_lsn);
}

void BatchBuilder::position(const Keepalive& keepalive) {
    if (in_transaction_) return;
    batch_->position = std::max(batch_->position, keepalive.position);
    batch_->save_soon = batch_->save_soon || keepalive.reply_requested;
}

/// Called after every event. At a commit the last fifth is left empty, for else a batch would nearly always
/// fill up in the middle of a transaction, and it and the next ones become visible together only.
bool BatchBuilder::full() const {
    if (!batch_->has_changes()) return false;
    const std::uint64_t bytes = batch_->arena.used_bytes() + table_bytes_ + letter_bytes_;
    if (in_transaction_) return rows_ >= limits_.rows_max || bytes >= limits_.bytes_max;
    return rows_ >= limits_.rows_max / 5 * 4 || bytes >= limits_.bytes_max / 5 * 4;
}

std::unique_ptr<Batch> BatchBuilder::take() {
    if (!in_transaction_) turn_quiet_tables_direct();
    batch_->complete = !in_transaction_;
    if (in_transaction_) batch_->leaves_open = transaction_.commit_lsn;
    auto taken = std::exchange(batch_, std::make_unique<Batch>());
    batch_->position = taken->position;
    if (taken->complete) taken_position_ = taken->position;
    rows_ = table_bytes_ = letter_bytes_ = 0;
    last_ = nullptr;
    last_id_ = 0;
    return taken;
}

}  // namespace walferry
