#pragma once

#include <cstdint>
#include <memory>

#include "capture/debezium/connect_type.h"
#include "capture/debezium/options.h"
#include "model/source_table.h"

namespace walferry::debezium {

/// How a column's values are written, by what they mean and not by how they travel.
enum class Form : std::uint8_t {
    Inferred,  ///< by what its values looked like; see Inference
    Boolean,
    BitOfBoolean,  ///< bit(1), which travels as a boolean
    Integer,
    Float4,
    Float8,
    Numeric,
    Money,
    Text,
    Opaque,  ///< a type that Debezium does not know: the bytes of its text, with include.unknown.datatypes
    Json,
    Hstore,
    Bytea,
    Bits,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Interval,
    Point,
    Line,
    Circle,
    Geometry,
    Array
};

/// What a column without a known type has held so far. It only ever widens: Unseen to anything, two kinds of
/// numbers to Numeric, anything else that does not agree to Text.
enum class Inference : std::uint8_t { Unseen, Boolean, Integer, Float, Numeric, Text, Json };

/// What is known of where a column's type comes from.
enum class TypeOrigin : std::uint8_t { Schema, Given, Inferred };

/// How to turn a column's values into PostgreSQL's text, and the type that they have then.
struct ColumnForm {
    Form form = Form::Text;
    TypeOrigin origin = TypeOrigin::Schema;
    Inference inference = Inference::Unseen;  ///< Inferred
    std::int64_t ticks_a_second = 1'000'000;  ///< Time, Timestamp and Interval where they are numbers
    std::int32_t scale = 0;                   ///< Numeric that travels as bytes
    bool scale_known = true;                  ///< false: bytes can't be read, a struct can
    bool decimal_is_text = false;             ///< decimal.handling.mode=string
    BinaryMode binary = BinaryMode::Bytes;    ///< Bytea
    std::int64_t least = 0, most = 0;         ///< Integer
    std::int32_t length = -1;                 ///< Bits: of bit(n), -1 for varbit
    /// Null may stand for a value out of line that didn't change: Debezium has no placeholder for the type.
    bool null_is_ambiguous = false;
    SourceType type;
    std::shared_ptr<const ColumnForm> element;  ///< Array

    bool operator==(const ColumnForm& other) const;
};

/// From a record's schema.
ColumnForm form_of(const ConnectType& type);

/// From a type that is known without it, as the connector's settings say that its values travel.
ColumnForm form_of(const SourceType& type, const Options& options);

/// From a record's schema, and from a type that is known besides: schemas call json and hstore the same, a
/// point in time and a text too. The schema decides how values travel, and every type that it can tell.
ColumnForm form_of(const ConnectType& type, const SourceType& known, const Options& options);

ColumnForm inferred_form(Inference inference);
Inference widened(Inference seen, Inference next);

}  // namespace walferry::debezium
