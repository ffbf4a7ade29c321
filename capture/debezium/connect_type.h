#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace walferry::debezium {

/// Kafka Connect's own types (org.apache.kafka.connect.data.Schema.Type).
enum class ConnectKind : std::uint8_t {
    Boolean,
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    String,
    Bytes,
    Array,
    Map,
    Struct
};

/// A schema as a record carries it; an Avro schema can be read into the same.
struct ConnectType {
    ConnectKind kind = ConnectKind::String;
    std::string name;   ///< what it means, e.g. io.debezium.time.Date; empty for a plain type
    std::string field;  ///< what it is called in its struct
    /// The name of the column that the field is of, where `field` is that name mangled and the schema says so
    /// (__debezium.source.column.name); else empty.
    std::string source_column;
    std::int32_t scale = 0;       ///< Decimal
    std::int32_t precision = -1;  ///< Decimal: connect.decimal.precision, -1 without
    std::int32_t length = -1;     ///< Bits; -1 without
    /// Struct: its fields; Array: its elements; Map: keys and values.
    std::vector<ConnectType> parts;

    /// The field of a struct, null when there is none.
    const ConnectType* find(std::string_view field_name) const;
    /// What the column of a row's field is called.
    const std::string& column() const { return source_column.empty() ? field : source_column; }
};

/// Reads what JsonConverter writes as "schema". Kind Data for anything else, and for schemas nested deeper
/// than any of Debezium's.
Result<ConnectType> parse_connect_type(std::string_view json);

}  // namespace walferry::debezium
