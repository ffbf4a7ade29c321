#include <string_view>
#include <utility>

#include "capture/debezium/built_in_types.h"
#include "capture/debezium/column_form.h"
#include "model/pg_types.h"

namespace walferry::debezium {

namespace {

constexpr std::int64_t milliseconds_unit = 1'000, microseconds_unit = 1'000'000,
                       nanoseconds_unit = 1'000'000'000;

/// What a schema's name means. Names of org.apache.kafka.connect.data are Connect's logical types, the others
/// Debezium's semantic types.
struct Meaning {
    std::string_view name;
    Form form;
    std::uint32_t type;
    std::int64_t ticks_a_second = microseconds_unit;
};

constexpr Meaning meanings[] = {
    {"org.apache.kafka.connect.data.Decimal", Form::Numeric, pg_types::numeric},
    {"org.apache.kafka.connect.data.Date", Form::Date, pg_types::date},
    {"org.apache.kafka.connect.data.Time", Form::Time, pg_types::time, milliseconds_unit},
    {"org.apache.kafka.connect.data.Timestamp", Form::Timestamp, pg_types::timestamp, milliseconds_unit},
    {"io.debezium.data.VariableScaleDecimal", Form::Numeric, pg_types::numeric},
    {"io.debezium.data.Bits", Form::Bits, oids::bit},
    {"io.debezium.data.Json", Form::Json, pg_types::json},
    {"io.debezium.data.Uuid", Form::Text, pg_types::uuid},
    {"io.debezium.data.Xml", Form::Text, oids::xml},
    {"io.debezium.data.Tsvector", Form::Text, oids::tsvector},
    {"io.debezium.time.Date", Form::Date, pg_types::date},
    {"io.debezium.time.IsoDate", Form::Date, pg_types::date},
    {"io.debezium.time.Time", Form::Time, pg_types::time, milliseconds_unit},
    {"io.debezium.time.MicroTime", Form::Time, pg_types::time, microseconds_unit},
    {"io.debezium.time.NanoTime", Form::Time, pg_types::time, nanoseconds_unit},
    {"io.debezium.time.IsoTime", Form::Time, pg_types::time},
    {"io.debezium.time.ZonedTime", Form::TimeTz, pg_types::timetz},
    {"io.debezium.time.Timestamp", Form::Timestamp, pg_types::timestamp, milliseconds_unit},
    {"io.debezium.time.MicroTimestamp", Form::Timestamp, pg_types::timestamp, microseconds_unit},
    {"io.debezium.time.NanoTimestamp", Form::Timestamp, pg_types::timestamp, nanoseconds_unit},
    {"io.debezium.time.IsoTimestamp", Form::Timestamp, pg_types::timestamp},
    {"io.debezium.time.ZonedTimestamp", Form::TimestampTz, pg_types::timestamptz},
    {"io.debezium.time.MicroDuration", Form::Interval, pg_types::interval, microseconds_unit},
    {"io.debezium.time.NanoDuration", Form::Interval, pg_types::interval, nanoseconds_unit},
    {"io.debezium.time.Interval", Form::Interval, pg_types::interval},
    {"io.debezium.data.geometry.Point", Form::Point, oids::point},
    {"io.debezium.data.geometry.Line", Form::Line, oids::line},
    {"io.debezium.data.geometry.Circle", Form::Circle, oids::circle},
    {"io.debezium.data.geometry.Geometry", Form::Geometry, pg_types::text},
    {"io.debezium.data.geometry.Geography", Form::Geometry, pg_types::text},
};

/// A type without a name that means something: Enum, EnumSet, Year, Ltree and the like are what they are.
Meaning plain_meaning(ConnectKind kind) {
    switch (kind) {
        case ConnectKind::Boolean:
            return {"", Form::Boolean, pg_types::boolean};
        case ConnectKind::Int8:
        case ConnectKind::Int16:
            return {"", Form::Integer, pg_types::int2};
        case ConnectKind::Int32:
            return {"", Form::Integer, pg_types::int4};
        case ConnectKind::Int64:
            return {"", Form::Integer, pg_types::int8};
        case ConnectKind::Float32:
            return {"", Form::Float4, pg_types::float4};
        case ConnectKind::Float64:
            return {"", Form::Float8, pg_types::float8};
        case ConnectKind::Bytes:
            return {"", Form::Bytea, pg_types::bytea};
        case ConnectKind::Map:
        case ConnectKind::Struct:
            return {"", Form::Json, pg_types::json};
        default:
            return {"", Form::Text, pg_types::text};
    }
}

Meaning meaning_of(const ConnectType& type) {
    for (const Meaning& meaning : meanings) {
        if (meaning.name == type.name) return meaning;
    }
    return plain_meaning(type.kind);
}

/// Whether a text's name says that it is of a type whose arrays have no placeholder: Enum, Ltree.
bool is_other_type(std::string_view name) {
    return !name.empty() && name != "io.debezium.data.Json" && name != "io.debezium.data.Uuid";
}

std::int32_t modifier_of(const ConnectType& type, Form form) {
    constexpr std::int32_t precision_max = 1000, bits_max = 83'886'080;
    if (form == Form::Bits) return type.length >= 1 && type.length <= bits_max ? type.length : -1;
    if (form != Form::Numeric || type.kind != ConnectKind::Bytes) return -1;
    if (type.scale < 0 || type.scale > 0x7ff) return -1;
    if (type.precision >= 1 && type.precision <= precision_max)
        return numeric_modifier(type.precision, type.scale);
    // Debezium's money: its scale, and no precision. All of it is within 19 digits.
    return type.scale == 2 ? numeric_modifier(19, 2) : -1;
}

}  // namespace

ColumnForm form_of(const ConnectType& type) {
    ColumnForm form;
    form.origin = TypeOrigin::Schema;
    if (type.kind == ConnectKind::Array && !type.parts.empty()) {
        auto element = std::make_shared<const ColumnForm>(form_of(type.parts.front()));
        form.form = Form::Array;
        // An array of arrays or of structs that mean nothing to PostgreSQL.
        if (element->form == Form::Array) element = std::make_shared<const ColumnForm>();
        form = form_of(array_type(element->type), Options{});
        form.origin = TypeOrigin::Schema;
        form.element = std::move(element);
        const ConnectType& part = type.parts.front();
        if (part.kind == ConnectKind::String && is_other_type(part.name)) form.null_is_ambiguous = true;
        return form;
    }
    const Meaning meaning = meaning_of(type);
    std::uint32_t oid = meaning.type;
    const std::int32_t modifier = modifier_of(type, meaning.form);
    if (meaning.form == Form::Bits && modifier < 0) oid = oids::varbit;
    form = form_of(built_in_type(oid, modifier), Options{});
    form.origin = TypeOrigin::Schema;
    if (meaning.form != Form::Integer) form.form = meaning.form;
    form.ticks_a_second = meaning.ticks_a_second;
    if (meaning.form == Form::Numeric) {
        form.scale = type.scale;
        form.scale_known = true;
    }
    return form;
}

}  // namespace walferry::debezium
