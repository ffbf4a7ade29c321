#include "capture/debezium/avro_reader.h"

#include <simdjson.h>

#include <charconv>
#include <cstring>
#include <limits>

namespace walferry::debezium {

namespace {

using Kind = ConnectValue::Kind;

constexpr int avro_depth_max = 64;

bool is_utf8(std::string_view text) {
    constexpr std::uint64_t high = 0x8080808080808080;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        if ((word & high) != 0) return simdjson::validate_utf8(text.data(), text.size());
    }
    for (; at < text.size(); ++at) {
        if ((text[at] & 0x80) != 0) return simdjson::validate_utf8(text.data(), text.size());
    }
    return true;
}

template <class T>
bool read_raw(AvroBytes& from, T& to) {
    std::string_view bytes;
    if (!from.take(sizeof to, bytes)) return false;
    std::memcpy(&to, bytes.data(), sizeof to);  // little-endian, as this machine
    return true;
}

/// Reads blocks: each has a count of items, less than 0 when its bytes are counted behind it; the last has
/// none. `item` reads one.
template <class ReadItem>
bool read_blocks(AvroBytes& from, ReadItem item) {
    for (;;) {
        std::int64_t count = 0, bytes = 0;
        if (!from.read_long(count)) return false;
        if (count == 0) return true;
        if (count < 0) {
            if (count == std::numeric_limits<std::int64_t>::min() || !from.read_long(bytes) || bytes < 0)
                return false;
            count = -count;
        }
        for (; count > 0; --count) {
            if (!item()) return false;
        }
    }
}

}  // namespace

bool AvroReader::read(AvroBytes& from, const AvroType& type, ConnectValue& to, int depth) {
    if (depth > avro_depth_max || values_left_ == 0) return false;
    --values_left_;
    to = {};
    switch (type.kind) {
        case AvroKind::Union: {
            const AvroType* chosen = branch(from, type);
            return chosen != nullptr && read(from, *chosen, to, depth + 1);
        }
        case AvroKind::Array:
            return type.item->is_entry ? read_entries(from, type, to, depth)
                                       : read_items(from, type, to, depth);
        case AvroKind::Map:
            return read_entries(from, type, to, depth);
        case AvroKind::Record:
            return read_record(from, type, to, depth);
        default:
            return read_scalar(from, type, to);
    }
}

bool AvroReader::read_scalar(AvroBytes& from, const AvroType& type, ConnectValue& to) {
    switch (type.kind) {
        case AvroKind::Null:
            return true;
        case AvroKind::Boolean: {
            std::string_view byte;
            to.kind = Kind::Boolean;
            if (!from.take(1, byte)) return false;
            to.boolean = byte.front() == 1;
            return byte.front() == 0 || byte.front() == 1;
        }
        case AvroKind::Int:
            to.kind = Kind::Integer;
            return from.read_long(to.integer) && to.integer >= std::numeric_limits<std::int32_t>::min() &&
                   to.integer <= std::numeric_limits<std::int32_t>::max();
        case AvroKind::Long:
            to.kind = Kind::Integer;
            return from.read_long(to.integer);
        case AvroKind::Float: {
            float number = 0;
            to.kind = Kind::Number;
            if (!read_raw(from, number)) return false;
            to.number = static_cast<double>(number);
            return true;
        }
        case AvroKind::Double:
            to.kind = Kind::Number;
            return read_raw(from, to.number);
        case AvroKind::Bytes:
            to.kind = Kind::Bytes;
            return from.take_counted(to.text);
        case AvroKind::Fixed:
            to.kind = Kind::Bytes;
            return from.take(type.size, to.text);
        case AvroKind::String:
            to.kind = Kind::String;
            return from.take_counted(to.text) && is_utf8(to.text);
        case AvroKind::Enum: {
            std::int64_t index = 0;
            to.kind = Kind::String;
            if (!from.read_long(index) || index < 0 ||
                index >= static_cast<std::int64_t>(type.symbols.size()))
                return false;
            to.text = type.symbols[static_cast<std::size_t>(index)];
            return true;
        }
        default:
            return false;
    }
}

bool AvroReader::read_items(AvroBytes& from, const AvroType& type, ConnectValue& to, int depth) {
    const std::size_t begin = items_.size();
    const bool good = read_blocks(from, [&] {
        ConnectValue item;
        if (!read(from, *type.item, item, depth + 1)) return false;
        items_.push_back(item);
        return true;
    });
    to.kind = Kind::Array;
    if (good) to.items = arena_.copy(std::span<const ConnectValue>(items_).subspan(begin));
    items_.resize(begin);
    return good;
}

bool AvroReader::read_entries(AvroBytes& from, const AvroType& type, ConnectValue& to, int depth) {
    const std::size_t begin = fields_.size();
    const bool good = read_blocks(from, [&] {
        ConnectField entry;
        if (!read_entry(from, type, entry, depth + 1)) return false;
        fields_.push_back(entry);
        return true;
    });
    to.kind = Kind::Struct;
    if (good) to.fields = arena_.copy(std::span<const ConnectField>(fields_).subspan(begin));
    fields_.resize(begin);
    return good;
}

/// An entry of a map; where keys are no texts, of an array of pairs.
bool AvroReader::read_entry(AvroBytes& from, const AvroType& type, ConnectField& to, int depth) {
    if (type.kind == AvroKind::Map)
        return from.take_counted(to.name) && is_utf8(to.name) && read(from, *type.item, to.value, depth);
    ConnectValue key;
    const auto& pair = type.item->fields;
    if (!read(from, *pair[0].type, key, depth) || !read(from, *pair[1].type, to.value, depth)) return false;
    to.name = key.text;
    if (key.is(Kind::String)) return true;
    char digits[24];
    if (!key.is(Kind::Integer)) return false;
    const auto end = std::to_chars(digits, digits + sizeof digits, key.integer).ptr;
    to.name = arena_.copy(std::string_view(digits, static_cast<std::size_t>(end - digits)));
    return true;
}

bool AvroReader::read_record(AvroBytes& from, const AvroType& type, ConnectValue& to, int depth) {
    const std::size_t begin = fields_.size();
    bool good = true;
    for (const AvroField& field : type.fields) {
        ConnectField made{field.name, {}};
        good = read(from, *field.type, made.value, depth + 1);
        if (!good) break;
        fields_.push_back(made);
    }
    to.kind = Kind::Struct;
    if (good) to.fields = arena_.copy(std::span<const ConnectField>(fields_).subspan(begin));
    fields_.resize(begin);
    return good;
}

bool AvroReader::skip(AvroBytes& from, const AvroType& type, int depth) {
    if (depth > avro_depth_max || values_left_ == 0) return false;
    --values_left_;
    switch (type.kind) {
        case AvroKind::Union: {
            const AvroType* chosen = branch(from, type);
            return chosen != nullptr && skip(from, *chosen, depth + 1);
        }
        case AvroKind::Array:
        case AvroKind::Map:
            return skip_items(from, type, depth);
        case AvroKind::Record:
            for (const AvroField& field : type.fields) {
                if (!skip(from, *field.type, depth + 1)) return false;
            }
            return true;
        case AvroKind::String: {
            std::string_view unused;
            return from.take_counted(unused);
        }
        default: {
            ConnectValue unused;
            return read_scalar(from, type, unused);
        }
    }
}

bool AvroReader::skip_items(AvroBytes& from, const AvroType& type, int depth) {
    return read_blocks(from, [&] {
        std::string_view unused;
        if (type.kind == AvroKind::Map && !from.take_counted(unused)) return false;
        return skip(from, *type.item, depth + 1);
    });
}

}  // namespace walferry::debezium
