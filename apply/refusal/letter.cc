#include "apply/refusal/letter.h"

#include <algorithm>
#include <vector>

#include "apply/event_encoder.h"
#include "apply/row_fields.h"
#include "dlq/dead_letter_json.h"

namespace walferry {

namespace {

/// Where the relation has the columns of the plan's key, or of all that is not excluded; in the plan's order.
std::vector<std::uint16_t> places(const TablePlan& plan, const Relation& relation, bool key_only) {
    std::vector<std::uint16_t> found;
    const std::size_t count = key_only ? plan.key_count : relation.columns.size();
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& wanted =
            key_only ? plan.source.columns[plan.source_index[i]].name : relation.columns[i].name;
        if (plan.column_rules.excludes(wanted)) continue;
        const auto at = std::find_if(relation.columns.begin(), relation.columns.end(),
                                     [&](const Column& column) { return column.name == wanted; });
        if (at != relation.columns.end())
            found.push_back(static_cast<std::uint16_t>(at - relation.columns.begin()));
    }
    return found;
}

DeadLetter letter_for(const TablePlan& plan, const Refusal& refusal) {
    DeadLetter letter;
    letter.stage = refusal.stage;
    letter.error_code = refusal.code;
    letter.error = refusal.message;
    letter.source_table = plan.source.qualified_name();
    letter.target_table = to_string(plan.target);
    return letter;
}

bool is_dropped(const SourceTable& source, const std::string& name) {
    return std::any_of(source.columns.begin(), source.columns.end(),
                       [&](const SourceColumn& column) { return column.dropped && column.name == name; });
}

std::string key_json(const TablePlan& plan, const Relation& relation, TupleData row) {
    return row_json(relation, row, places(plan, relation, plan.has_key()));
}

}  // namespace

DeadLetter letter_of(const TablePlan& plan, const ChangeEvent& event, const Transaction& transaction,
                     const Refusal& refusal) {
    DeadLetter letter = letter_for(plan, refusal);
    letter.op = op_of(event.kind);
    if (event.record != nullptr) {
        if (event.record->is_read) letter.op = DeadLetterOp::Read;
        letter.topic = event.record->topic;
        letter.kafka_partition = event.record->partition;
        letter.kafka_offset = event.record->offset;
    }
    letter.sequence = event.sequence;
    letter.xid = transaction.xid;
    letter.commit_time = transaction.commit_time;
    const Relation& relation = *event.relation;
    const std::vector<std::uint16_t> all = places(plan, relation, false);
    if (event.before) {
        const bool key_only = plan.has_key() && !event.before_is_full;
        letter.before = row_json(relation, *event.before, key_only ? places(plan, relation, true) : all);
    }
    const bool has_new_row = event.kind == ChangeKind::Insert || event.kind == ChangeKind::Update;
    std::vector<ColumnValue> scratch;
    const TupleData after = has_new_row ? new_row(event, scratch) : TupleData{};
    if (has_new_row) letter.after = row_json(relation, after, all);
    if (event.kind != ChangeKind::Truncate)
        letter.key = key_json(plan, relation, has_new_row ? after : *event.before);
    return letter;
}

DeadLetter letter_of_copied(const TablePlan& plan, const Relation& columns, TupleData row, Lsn snapshot_lsn,
                            PgTime snapshot_time, const Refusal& refusal) {
    DeadLetter letter = letter_for(plan, refusal);
    letter.op = DeadLetterOp::Read;
    letter.sequence.commit_lsn = snapshot_lsn;
    letter.commit_time = snapshot_time;
    letter.key = key_json(plan, columns, row);
    letter.after = row_json(columns, row, places(plan, columns, false));
    return letter;
}

std::optional<std::string> identity_from_json(const TablePlan& plan, const std::string& key) {
    const auto values = parse_row_json(key);
    if (!values) return std::nullopt;
    const auto& columns = plan.source.columns;
    const std::size_t count = plan.has_key() ? plan.key_count : plan.data_count();
    const auto has_value = [&](std::size_t i) { return !columns[plan.source_index[i]].dropped; };
    std::size_t with_value = 0;
    for (std::size_t i = 0; i < count; ++i) with_value += has_value(i) ? 1 : 0;
    // Then a column that was renamed since has its place still; else one came since, which has no value.
    const bool same_places = values.value().size() == with_value;
    std::string identity;
    for (std::size_t i = 0, place = 0; i < count; ++i) {
        if (!has_value(i)) {
            append_null(identity);
            continue;
        }
        const std::string& name = columns[plan.source_index[i]].name;
        auto found = std::find_if(values.value().begin(), values.value().end(),
                                  [&](const auto& value) { return value.first == name; });
        if (found == values.value().end() && same_places) {
            const auto there = values.value().begin() + static_cast<std::ptrdiff_t>(place);
            if (!is_dropped(plan.source, there->first)) found = there;
        }
        ++place;
        if (found == values.value().end() && plan.has_key()) return std::nullopt;
        if (found == values.value().end() || !found->second) {
            append_null(identity);
            continue;
        }
        const ColumnEncoding& encoding = plan.columns[i].encoding;
        std::string bytes(encoded_bytes_max(encoding, found->second->size()), '\0');
        char* const end = encode_text(encoding, *found->second, bytes.data());
        if (end == nullptr) return std::nullopt;
        append_field(identity, {bytes.data(), static_cast<std::size_t>(end - bytes.data())});
    }
    return identity;
}

}  // namespace walferry
