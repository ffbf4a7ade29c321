#include "capture/debezium/envelope.h"

#include <charconv>
#include <utility>

#include "capture/debezium/json_reader.h"

namespace walferry::debezium {

namespace ondemand = simdjson::ondemand;

namespace {

bool read_snapshot(ondemand::value from, SnapshotMark& to) {
    ondemand::json_type type{};
    if (from.type().get(type)) return false;
    if (type == ondemand::json_type::boolean) {  // before version 1.0
        bool taken = false;
        if (from.get_bool().get(taken)) return false;
        to = taken ? SnapshotMark::Middle : SnapshotMark::None;
        return true;
    }
    std::string_view text;
    if (!read_text(from, text)) return false;
    read_snapshot_mark(text, to);
    return true;
}

/// Other connectors have texts where PostgreSQL has numbers: what is no number there is left alone.
template <class T>
bool read_position(ondemand::value from, std::optional<T>& to) {
    ondemand::json_type type{};
    if (from.type().get(type)) return false;
    if (type == ondemand::json_type::null) return true;
    std::int64_t number = 0;
    if (type == ondemand::json_type::number) {
        if (from.get_int64().get(number)) return false;
    } else {
        std::string_view text;
        if (from.get_string().get(text)) return false;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (text.empty() || error != std::errc() || end != text.data() + text.size()) return true;
    }
    if constexpr (std::is_same_v<T, Lsn>) {
        to = Lsn{static_cast<std::uint64_t>(number)};
    } else {
        to = number;
    }
    return true;
}

/// By the first letter: there are some seventeen fields in each event, and half of them say nothing to us.
bool read_source_field(ondemand::raw_json_string key, ondemand::value value, SourceBlock& to,
                       EventTime& time) {
    switch (*key.raw()) {
        case 'c':
            if (key.unsafe_is_equal("connector")) return read_text(value, to.connector);
            return !key.unsafe_is_equal("collection") || read_text(value, to.table);
        case 'd':
            return !key.unsafe_is_equal("db") || read_text(value, to.db);
        case 'l':
            return !key.unsafe_is_equal("lsn") || read_position(value, to.lsn);
        case 'n':
            return !key.unsafe_is_equal("name") || read_text(value, to.name);
        case 's':
            if (key.unsafe_is_equal("schema")) return read_text(value, to.schema);
            if (key.unsafe_is_equal("snapshot")) return read_snapshot(value, to.snapshot);
            return !key.unsafe_is_equal("sequence") || read_text(value, to.sequence);
        case 't':
            if (key.unsafe_is_equal("table")) return read_text(value, to.table);
            if (key.unsafe_is_equal("txId")) return read_position(value, to.tx_id);
            return read_time(key, value, time);
        default:
            return true;
    }
}

}  // namespace

void read_snapshot_mark(std::string_view text, SnapshotMark& to) {
    constexpr std::pair<std::string_view, SnapshotMark> marks[] = {
        {"false", SnapshotMark::None},
        {"true", SnapshotMark::Middle},
        {"first", SnapshotMark::First},
        {"first_in_data_collection", SnapshotMark::FirstOfTable},
        {"last_in_data_collection", SnapshotMark::LastOfTable},
        {"last", SnapshotMark::Last},
        {"incremental", SnapshotMark::Incremental}};
    for (const auto& [name, mark] : marks) {
        if (name == text) to = mark;
    }
}

void EventTime::take(Precision precision, std::int64_t count) {
    if (precision <= precision_ || count == 0) return;
    precision_ = precision;
    digits_ = {};
    count_ = count;
}

void EventTime::take(Precision precision, std::string_view digits) {
    if (precision <= precision_ || digits.starts_with('0') || digits.starts_with('n')) return;
    precision_ = precision;
    digits_ = digits;
}

std::int64_t EventTime::value_us() const {
    std::int64_t count = count_;
    if (precision_ == Precision::None) return 0;
    if (!digits_.empty() &&
        std::from_chars(digits_.data(), digits_.data() + digits_.size(), count).ec != std::errc())
        return 0;
    if (precision_ == Precision::Nanoseconds) return count / 1000;
    if (precision_ == Precision::Microseconds) return count;
    return __builtin_mul_overflow(count, 1000, &count) ? 0 : count;
}

bool EventTime::take(std::string_view name, ondemand::value from) {
    ondemand::json_type type{};
    if (from.type().get(type)) return false;
    std::string_view digits;
    if (type == ondemand::json_type::string) {
        if (!read_string(from, digits)) return false;
    } else {
        digits = from.raw_json_token();
    }
    if (name == "ts_us") take(Precision::Microseconds, digits);
    if (name == "ts_ms") take(Precision::Milliseconds, digits);
    if (name == "ts_ns") take(Precision::Nanoseconds, digits);
    return true;
}

bool read_time(ondemand::raw_json_string key, ondemand::value from, EventTime& time) {
    for (const std::string_view name : {"ts_us", "ts_ms", "ts_ns"}) {
        if (key.unsafe_is_equal(name)) return time.take(name, from);
    }
    return true;
}

bool read_text(ondemand::value from, std::string_view& to) {
    ondemand::json_type type{};
    if (from.type().get(type)) return false;
    if (type == ondemand::json_type::null) {
        bool is_null = false;
        to = {};
        return from.is_null().get(is_null) == simdjson::SUCCESS && is_null;
    }
    return read_string(from, to);
}

bool read_number(ondemand::value from, std::int64_t& to) {
    ondemand::json_type type{};
    if (from.type().get(type)) return false;
    if (type == ondemand::json_type::number) return from.get_int64().get(to) == simdjson::SUCCESS;
    if (type == ondemand::json_type::null) return true;
    std::string_view text;
    if (from.get_string().get(text)) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    return error == std::errc() && end == text.data() + text.size();
}

bool read_source(ondemand::value from, SourceBlock& to) {
    ondemand::object object;
    if (from.get_object().get(object)) return false;
    EventTime time;
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field) || !read_source_field(field.key(), field.value(), to, time))
            return false;
    }
    to.time_us = time.value_us();
    complete_source(to);
    return true;
}

void complete_source(SourceBlock& source) {
    if (source.schema.empty()) source.schema = source.db;
}

bool read_transaction(ondemand::value from, std::optional<TransactionBlock>& to) {
    ondemand::json_type type{};
    if (from.type().get(type)) return false;
    if (type == ondemand::json_type::null) return true;
    ondemand::object object;
    if (from.get_object().get(object)) return false;
    TransactionBlock block;
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field)) return false;
        const ondemand::raw_json_string key = field.key();
        bool good = true;
        if (key.unsafe_is_equal("id")) {
            good = read_text(field.value(), block.id);
        } else if (key.unsafe_is_equal("total_order")) {
            good = read_number(field.value(), block.total_order);
        } else if (key.unsafe_is_equal("data_collection_order")) {
            good = read_number(field.value(), block.data_collection_order);
        }
        if (!good) return false;
    }
    to = block;
    return true;
}

bool read_collections(ondemand::value from, std::vector<CollectionCount>& to) {
    ondemand::json_type type{};
    if (from.type().get(type)) return false;
    if (type == ondemand::json_type::null) return true;
    ondemand::array array;
    if (from.get_array().get(array)) return false;
    for (auto element : array) {
        ondemand::object object;
        CollectionCount count;
        if (element.get_object().get(object)) return false;
        for (auto item : object) {
            ondemand::field field;
            if (std::move(item).get(field)) return false;
            const ondemand::raw_json_string key = field.key();
            if (key.unsafe_is_equal("data_collection") && !read_text(field.value(), count.collection))
                return false;
            if (key.unsafe_is_equal("event_count") && !read_number(field.value(), count.event_count))
                return false;
        }
        to.push_back(count);
    }
    return true;
}

bool read_message(ondemand::value from, std::string_view& prefix, std::string_view& content) {
    ondemand::object object;
    if (from.get_object().get(object)) return false;
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field)) return false;
        const ondemand::raw_json_string key = field.key();
        if (key.unsafe_is_equal("prefix") && !read_text(field.value(), prefix)) return false;
        if (key.unsafe_is_equal("content") && !read_text(field.value(), content)) return false;
    }
    return true;
}

bool read_added_field(std::string_view name, ondemand::value from, SourceBlock& source,
                      std::optional<TransactionBlock>& transaction) {
    if (name.starts_with("transaction_")) {
        name.remove_prefix(12);
        if (!transaction) transaction.emplace();
        if (name == "id") return read_text(from, transaction->id);
        if (name == "total_order") return read_number(from, transaction->total_order);
        return name != "data_collection_order" || read_number(from, transaction->data_collection_order);
    }
    if (name.starts_with("source_")) name.remove_prefix(7);
    if (name == "table") return read_text(from, source.table);
    if (name == "schema") return read_text(from, source.schema);
    if (name == "db") return read_text(from, source.db);
    if (name == "connector") return read_text(from, source.connector);
    if (name == "name") return read_text(from, source.name);
    if (name == "sequence") return read_text(from, source.sequence);
    if (name == "snapshot") return read_snapshot(from, source.snapshot);
    if (name == "lsn") return read_position(from, source.lsn);
    if (name == "txId") return read_position(from, source.tx_id);
    EventTime time;
    if (!name.starts_with("ts_")) return true;
    if (!time.take(name, from)) return false;
    if (source.time_us == 0) source.time_us = time.value_us();
    return true;
}

std::optional<Operation> operation_of(std::string_view letter) {
    if (letter.size() != 1) return std::nullopt;
    for (const char known : {'r', 'c', 'u', 'd', 't'}) {
        if (letter.front() == known) return static_cast<Operation>(known);
    }
    return std::nullopt;
}

}  // namespace walferry::debezium
