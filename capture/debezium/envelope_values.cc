#include "capture/debezium/envelope_values.h"

#include <charconv>

namespace walferry::debezium {

namespace {

using Kind = ConnectValue::Kind;

bool take_field(const ConnectValue& from, std::string_view name, std::string_view& to) {
    const ConnectValue* value = find_field(from, name);
    return value == nullptr || take_text(*value, to);
}

bool take_field(const ConnectValue& from, std::string_view name, std::int64_t& to) {
    const ConnectValue* value = find_field(from, name);
    return value == nullptr || take_number(*value, to);
}

/// Other connectors have texts where PostgreSQL has numbers: what is no number there is left alone.
std::optional<std::int64_t> position(const ConnectValue& value) {
    std::int64_t number = 0;
    if (value.is(Kind::Null) || !take_number(value, number)) return std::nullopt;
    return number;
}

bool take_time(EventTime::Precision precision, const ConnectValue& value, EventTime& time) {
    std::int64_t count = 0;
    if (!take_number(value, count)) return false;
    time.take(precision, count);
    return true;
}

}  // namespace

bool take_text(const ConnectValue& value, std::string_view& to) {
    if (value.is(Kind::Null)) return true;
    to = value.text;
    return value.is(Kind::String);
}

bool take_number(const ConnectValue& value, std::int64_t& to) {
    if (value.is(Kind::Null)) return true;
    if (value.is(Kind::Integer)) {
        to = value.integer;
        return true;
    }
    const char* end = value.text.data() + value.text.size();
    const auto [stop, error] = std::from_chars(value.text.data(), end, to);
    return value.is(Kind::String) && error == std::errc() && stop == end;
}

bool take_source_field(SourceField field, const ConnectValue& value, SourceBlock& to, EventTime& time) {
    switch (field) {
        case SourceField::PassedOver:
            return true;
        case SourceField::Connector:
            return take_text(value, to.connector);
        case SourceField::Name:
            return take_text(value, to.name);
        case SourceField::Db:
            return take_text(value, to.db);
        case SourceField::Schema:
            return take_text(value, to.schema);
        case SourceField::Table:
            return take_text(value, to.table);
        case SourceField::Sequence:
            return take_text(value, to.sequence);
        case SourceField::Snapshot: {
            std::string_view text;
            if (value.is(Kind::Boolean)) {  // before version 1.0
                to.snapshot = value.boolean ? SnapshotMark::Middle : SnapshotMark::None;
                return true;
            }
            if (!take_text(value, text)) return false;
            read_snapshot_mark(text, to.snapshot);
            return true;
        }
        case SourceField::Lsn:
            if (const auto number = position(value)) to.lsn = Lsn{static_cast<std::uint64_t>(*number)};
            return true;
        case SourceField::TransactionId:
            if (const auto number = position(value)) to.tx_id = *number;
            return true;
        case SourceField::Milliseconds:
            return take_time(EventTime::Precision::Milliseconds, value, time);
        case SourceField::Microseconds:
            return take_time(EventTime::Precision::Microseconds, value, time);
        case SourceField::Nanoseconds:
            return take_time(EventTime::Precision::Nanoseconds, value, time);
    }
    return false;
}

bool take_transaction(const ConnectValue& value, std::optional<TransactionBlock>& to) {
    if (value.is(Kind::Null)) return true;
    TransactionBlock block;
    if (!value.is(Kind::Struct) || !take_field(value, "id", block.id) ||
        !take_field(value, "total_order", block.total_order) ||
        !take_field(value, "data_collection_order", block.data_collection_order))
        return false;
    to = block;
    return true;
}

bool take_collections(const ConnectValue& value, std::vector<CollectionCount>& to) {
    for (const ConnectValue& item : value.items) {
        CollectionCount count;
        if (!item.is(Kind::Struct) || !take_field(item, "data_collection", count.collection) ||
            !take_field(item, "event_count", count.event_count))
            return false;
        to.push_back(count);
    }
    return true;
}

bool take_message(const ConnectValue& value, std::string_view& prefix, std::string_view& content,
                  bool& content_is_bytes) {
    if (!take_field(value, "prefix", prefix)) return false;
    const ConnectValue* found = find_field(value, "content");
    if (found == nullptr || found->is(Kind::Null)) return true;
    content = found->text;
    content_is_bytes = found->is(Kind::Bytes);
    return content_is_bytes || found->is(Kind::String);
}

bool take_added_field(std::string_view name, const ConnectValue& value, SourceBlock& source,
                      std::optional<TransactionBlock>& transaction) {
    if (name.starts_with("transaction_")) {
        name.remove_prefix(12);
        if (!transaction) transaction.emplace();
        if (name == "id") return take_text(value, transaction->id);
        if (name == "total_order") return take_number(value, transaction->total_order);
        return name != "data_collection_order" || take_number(value, transaction->data_collection_order);
    }
    if (name.starts_with("source_")) name.remove_prefix(7);
    EventTime time;
    if (!take_source_field(source_field(name), value, source, time)) return false;
    if (source.time_us == 0) source.time_us = time.value_us();
    return true;
}

}  // namespace walferry::debezium
