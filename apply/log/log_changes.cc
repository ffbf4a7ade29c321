#include "apply/log/log_changes.h"

#include "apply/row_fields.h"
#include "model/row_json.h"

namespace walferry {

namespace {

/// The key's columns of the old image, as a JSON object.
std::string old_key_json(const TablePlan& plan, const ChangeEvent& event) {
    std::vector<JsonField> fields;
    for (std::size_t i = 0; i < plan.key_count; ++i) {
        const SourceColumn& wanted = plan.source.columns[plan.source_index[i]];
        for (std::size_t j = 0; j < event.relation->columns.size(); ++j) {
            const Column& column = event.relation->columns[j];
            if (column.name == wanted.name)
                fields.push_back({column.name, column.type_oid, (*event.before)[j]});
        }
    }
    return row_json(fields);
}

}  // namespace

Status LogChanges::add(const EncodedChange& change, Arena& arena) {
    const ChangeEvent& event = *change.event;
    LogEntry entry;
    entry.op = event.record != nullptr && event.record->is_read ? 'r' : static_cast<char>(event.kind);
    entry.record = event.record;
    entry.sequence = event.sequence;
    entry.commit_time = change.transaction->commit_time;
    entry.xid = change.transaction->xid;
    switch (event.kind) {
        case ChangeKind::Insert:
        case ChangeKind::Update:
            entry.fields = change.data();
            entry.has_unchanged = change.has_unchanged;
            if (entry.has_unchanged && plan_->has_key()) fill(entry, change, arena);
            if (!change.old_key.empty() && change.old_key != change.key)
                entry.old_key_json = arena.copy(old_key_json(*plan_, event));
            break;
        case ChangeKind::Delete: {
            WALFERRY_TRY(fields, change.encoder->old_fields(*event.before, event.before_is_full, arena));
            entry.fields = fields;
            break;
        }
        case ChangeKind::Truncate:
            break;
    }
    entries_.push_back(entry);
    if (remembers_) remember(static_cast<std::uint32_t>(entries_.size() - 1));
    return success();
}

LogChanges::Latest* LogChanges::find_latest(std::string_view key) {
    return slots_.find(latest_, hash_of(key), [&](const Latest& latest) { return latest.key == key; });
}

void LogChanges::fill(LogEntry& entry, const EncodedChange& change, Arena& arena) {
    if (!remembers_) {
        remembers_ = true;
        for (std::uint32_t i = 0; i < entries_.size(); ++i) remember(i);
    }
    const bool moved = !change.old_key.empty() && change.old_key != change.key;
    const std::string_view from_key = moved ? change.old_key : change.key;
    if (const Latest* latest = find_latest(from_key)) {
        const LogEntry& older = entries_[latest->entry];
        entry.base = older.base;
        entry.fields = fill_unchanged(entry.fields, older.fields, arena, entry.has_unchanged);
        if (!entry.has_unchanged) entry.base = {};
        return;
    }
    entry.base = arena.copy(from_key);
}

void LogChanges::remember(std::uint32_t entry) {
    const LogEntry& row = entries_[entry];
    if (row.op == 'd' || row.op == 't') return;
    const std::string_view key = leading_fields(row.fields, plan_->key_count);
    if (Latest* known = find_latest(key)) {
        known->entry = entry;
        return;
    }
    const std::uint64_t hash = hash_of(key);
    slots_.add(latest_, hash);
    latest_.push_back({key, hash, entry});
}

std::size_t LogChanges::bytes() const {
    return entries_.capacity() * sizeof(LogEntry) + latest_.capacity() * sizeof(Latest) + slots_.bytes();
}

}  // namespace walferry
