#include "apply/row_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "apply/load_row.h"
#include "config/skeleton.h"
#include "model/byte_order.h"

namespace walferry {

namespace {

constexpr std::size_t length_bytes = sizeof(std::int32_t);
constexpr std::size_t synced_at_text_bytes = sizeof("2000-01-01 00:00:00.000000+00") - 1;
constexpr std::size_t lsn_text_bytes_max = sizeof("FFFFFFFF/FFFFFFFF") - 1;
/// In place of the index of a column that is not sent any more.
constexpr std::uint16_t not_sent = 0xffff;

const ColumnValue& value_at(TupleData tuple, std::uint16_t index) {
    static constexpr ColumnValue null_value{};
    return index == not_sent ? null_value : tuple[index];
}

constexpr std::size_t own_bytes_max = 3 * length_bytes + 1 + lsn_text_bytes_max + synced_at_text_bytes;

char* write_length(char* to, std::int32_t length) {
    store_big_endian(to, length);
    return to + length_bytes;
}

/// One past the field, or nullptr when the value can't be represented.
char* write_value(const ColumnEncoding& encoding, const ColumnValue& value, char* to) {
    switch (value.kind) {
        case ValueKind::Null:
            return write_length(to, null_length);
        case ValueKind::UnchangedToast:
            return write_length(to, unchanged_length);
        case ValueKind::Binary:
            return nullptr;
        case ValueKind::Text:
            break;
    }
    char* const bytes = to + length_bytes;
    char* const end = encode_text(encoding, value.bytes, bytes);
    if (end == nullptr) return nullptr;
    write_length(to, static_cast<std::int32_t>(end - bytes));
    return end;
}

Error changed_shape(const TablePlan& plan, const std::string& what) {
    return Error{ErrorKind::Schema, fmt::format("{}: {}", plan.source.qualified_name(), what),
                 "schema changes are not applied by this version: `walferry drop` the pipeline, drop or "
                 "alter the target "
                 "table, and `walferry run` copies it anew",
                 ""};
}

}  // namespace

Result<RowEncoder> RowEncoder::make(std::shared_ptr<const TablePlan> plan, const Relation& relation) {
    RowEncoder encoder;
    const std::size_t wanted_columns = count_sent_columns(plan->source);
    if (relation.columns.size() != wanted_columns) {
        return changed_shape(*plan, fmt::format("the stream describes {} columns, the plan {}",
                                                relation.columns.size(), wanted_columns));
    }
    for (const std::uint16_t index : plan->source_index) {
        const SourceColumn& wanted = plan->source.columns[index];
        if (wanted.dropped) {
            encoder.relation_index_.push_back(not_sent);
            continue;
        }
        const auto found = std::find_if(relation.columns.begin(), relation.columns.end(),
                                        [&](const Column& column) { return column.name == wanted.name; });
        if (found == relation.columns.end()) {
            return changed_shape(*plan, fmt::format("column {} is not in the stream", wanted.name));
        }
        // Not the modifier: values say themselves whether they fit, when they are loaded.
        if (found->type_oid != wanted.declared_type_oid) {
            return changed_shape(
                *plan, fmt::format("column {} has another type in the stream than in the plan", wanted.name));
        }
        const bool wants_key = encoder.relation_index_.size() < plan->key_count;
        const bool tells_key = relation.identity != ReplicaIdentity::Full &&
                               relation.identity != ReplicaIdentity::Nothing;  // then no key is ever needed
        if (wants_key && tells_key && !found->key) {
            return changed_shape(
                *plan, fmt::format("column {} is not in the replica identity any more", wanted.name));
        }
        encoder.relation_index_.push_back(static_cast<std::uint16_t>(found - relation.columns.begin()));
    }
    encoder.plan_ = std::move(plan);
    encoder.relation_version_ = relation.version;
    return encoder;
}

std::size_t RowEncoder::row_bytes_max(TupleData tuple, const TupleData* before) const {
    std::size_t bytes = own_bytes_max;
    for (std::size_t i = 0; i < relation_index_.size(); ++i) {
        const std::uint16_t index = relation_index_[i];
        std::size_t text_bytes = value_at(tuple, index).bytes.size();
        if (before != nullptr) text_bytes = std::max(text_bytes, value_at(*before, index).bytes.size());
        bytes += length_bytes + encoded_bytes_max(plan_->columns[i].encoding, text_bytes);
    }
    return bytes;
}

Result<std::string_view> RowEncoder::row(TupleData after, const TupleData* before, Lsn commit_lsn,
                                         Arena& arena, bool& has_unchanged) const {
    char* const start = arena.reserve(row_bytes_max(after, before));
    char* to = start;
    has_unchanged = false;
    for (std::size_t i = 0; i < relation_index_.size(); ++i) {
        const ColumnValue* value = &value_at(after, relation_index_[i]);
        if (value->kind == ValueKind::UnchangedToast) {
            if (before != nullptr && (*before)[relation_index_[i]].kind == ValueKind::Text)
                value = &(*before)[relation_index_[i]];
            if (value->kind == ValueKind::UnchangedToast) has_unchanged = true;
        }
        if (i < plan_->key_count && value->kind != ValueKind::Text) return missing_key(i);
        char* const end = write_value(plan_->columns[i].encoding, *value, to);
        if (end == nullptr) return refuse(i, *value);
        to = end;
    }
    to = write_own(to, commit_lsn, false);
    arena.commit(static_cast<std::size_t>(to - start));
    return std::string_view{start, static_cast<std::size_t>(to - start)};
}

std::string_view RowEncoder::deleted_row(std::string_view key, Lsn commit_lsn, Arena& arena) const {
    const std::size_t others = plan_->data_count() - plan_->key_count;
    char* const start = arena.reserve(key.size() + others * length_bytes + own_bytes_max);
    char* to = std::copy(key.begin(), key.end(), start);
    for (std::size_t i = 0; i < others; ++i) to = write_length(to, unchanged_length);
    to = write_own(to, commit_lsn, true);
    arena.commit(static_cast<std::size_t>(to - start));
    return {start, static_cast<std::size_t>(to - start)};
}

Result<std::string_view> RowEncoder::old_fields(TupleData before, bool full, Arena& arena) const {
    char* const start = arena.reserve(row_bytes_max(before, nullptr));
    char* to = start;
    for (std::size_t i = 0; i < relation_index_.size(); ++i) {
        const ColumnValue& value = value_at(before, relation_index_[i]);
        if (!full && i >= plan_->key_count) {
            to = write_length(to, null_length);
            continue;
        }
        char* const end = write_value(plan_->columns[i].encoding, value, to);
        if (end == nullptr) return refuse(i, value);
        to = end;
    }
    arena.commit(static_cast<std::size_t>(to - start));
    return std::string_view{start, static_cast<std::size_t>(to - start)};
}

char* RowEncoder::write_own(char* to, Lsn commit_lsn, bool deleted) const {
    if (plan_->mode != TableMode::Upsert) return to;
    if (plan_->marks_deleted()) {
        to = write_length(to, 1);
        const char letter = deleted ? 't' : 'f';
        *to++ = plan_->format == LoadFormat::Binary ? static_cast<char>(deleted) : letter;
    }
    if (!plan_->metadata) return to;
    if (plan_->format == LoadFormat::Binary) {
        to = write_length(to, sizeof commit_lsn.value);
        store_big_endian(to, commit_lsn.value);
        to += sizeof commit_lsn.value;
    } else {
        const std::string text = to_string(commit_lsn);
        to = write_length(to, static_cast<std::int32_t>(text.size()));
        std::memcpy(to, text.data(), text.size());
        to += text.size();
    }
    to += synced_at_bytes(plan_->format);
    stamp_synced_at(to, plan_->format, 0);
    return to;
}

Result<std::string_view> RowEncoder::fields(TupleData tuple, std::size_t count, std::string& scratch) const {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        bytes += length_bytes + encoded_bytes_max(plan_->columns[i].encoding,
                                                  value_at(tuple, relation_index_[i]).bytes.size());
    }
    if (scratch.size() < bytes) scratch.resize(bytes);
    char* to = scratch.data();
    for (std::size_t i = 0; i < count; ++i) {
        const ColumnValue& value = value_at(tuple, relation_index_[i]);
        char* const end = write_value(plan_->columns[i].encoding, value, to);
        if (end == nullptr) return refuse(i, value);
        to = end;
    }
    return std::string_view{scratch.data(), static_cast<std::size_t>(to - scratch.data())};
}

Result<std::string_view> RowEncoder::key(TupleData tuple, std::string& scratch) const {
    for (std::size_t i = 0; i < plan_->key_count; ++i) {
        const ColumnValue& value = value_at(tuple, relation_index_[i]);
        if (value.kind != ValueKind::Text) return missing_key(i);
    }
    return fields(tuple, plan_->key_count, scratch);
}

Result<std::string_view> RowEncoder::whole(TupleData tuple, std::string& scratch) const {
    return fields(tuple, plan_->data_count(), scratch);
}

Error RowEncoder::missing_key(std::size_t position) const {
    return Error{ErrorKind::Protocol,
                 fmt::format("{}: a change without a value for the key column {}",
                             plan_->source.qualified_name(), plan_->columns[position].name),
                 "", ""};
}

Error RowEncoder::refuse(std::size_t position, const ColumnValue& value) const {
    constexpr std::size_t shown_bytes_max = 100;
    const TargetColumn& column = plan_->columns[position];
    return Error{
        ErrorKind::Data,
        fmt::format("{}: column {}: the value {:?} can't be represented as {}",
                    plan_->source.qualified_name(), column.name, value.bytes.substr(0, shown_bytes_max),
                    column.sql_type),
        fmt::format("give the column another type with `types:` in its table rule (e.g. {}: varchar), then "
                    "`walferry run`",
                    yaml_scalar(column.name)),
        ""};
}

std::size_t synced_at_bytes(LoadFormat format) {
    return length_bytes + (format == LoadFormat::Binary ? sizeof(PgTime) : synced_at_text_bytes);
}

void stamp_synced_at(char* row_end, LoadFormat format, PgTime now) {
    if (format == LoadFormat::Binary) {
        store_big_endian(row_end - sizeof now, now);
        write_length(row_end - synced_at_bytes(format), sizeof now);
        return;
    }
    const std::string text = timestamp_text(now);
    std::memcpy(row_end - synced_at_text_bytes, text.data(), synced_at_text_bytes);
    write_length(row_end - synced_at_bytes(format), synced_at_text_bytes);
}

}  // namespace walferry
