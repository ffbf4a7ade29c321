#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace walferry::debezium {

/// The name before the value of a struct's field, or of an entry of a map.
struct ConnectField;

/// A value of Kafka Connect as a converter decoded it: what the readers of JSON and of Avro give, and
/// ValueText takes. Views and spans belong to the reader and hold until it reads its next record.
struct ConnectValue {
    enum class Kind : std::uint8_t { Null, Boolean, Integer, Number, String, Bytes, Array, Struct };

    Kind kind = Kind::Null;
    bool boolean = false;
    std::int64_t integer = 0;
    double number = 0;
    /// String and Bytes: the value (in JSON, bytes are strings of base64). Integer and Number: the digits as
    /// they were read, empty where the converter is binary.
    std::string_view text;
    std::span<const ConnectValue> items;   ///< Array
    std::span<const ConnectField> fields;  ///< Struct and Map

    bool is(Kind wanted) const { return kind == wanted; }
};

struct ConnectField {
    std::string_view name;
    ConnectValue value;
};

/// The value of a field; null where there is none.
inline const ConnectValue* find_field(const ConnectValue& value, std::string_view name) {
    for (const ConnectField& field : value.fields) {
        if (field.name == name) return &field.value;
    }
    return nullptr;
}

}  // namespace walferry::debezium
