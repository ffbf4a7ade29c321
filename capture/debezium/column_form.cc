#include "capture/debezium/column_form.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "capture/debezium/built_in_types.h"
#include "model/pg_types.h"

namespace walferry::debezium {

namespace {

constexpr std::int64_t milliseconds = 1'000, microseconds = 1'000'000, nanoseconds = 1'000'000'000;

void set_integer(ColumnForm& form, std::uint32_t type) {
    form.form = Form::Integer;
    if (type == pg_types::oid) {
        form.least = 0;
        form.most = std::numeric_limits<std::uint32_t>::max();
        return;
    }
    const int bits = type == pg_types::int2 ? 16 : type == pg_types::int4 ? 32 : 64;
    form.most = std::numeric_limits<std::int64_t>::max() >> (64 - bits);
    form.least = -form.most - 1;
}

bool travels_as_milliseconds(std::int32_t modifier, TimeMode mode) {
    if (mode == TimeMode::Connect) return true;
    return mode == TimeMode::Adaptive && modifier >= 0 && modifier <= 3;
}

std::int64_t ticks_of(const SourceType& type, TimeMode mode) {
    if (mode == TimeMode::Nanoseconds) return nanoseconds;
    const bool time_of_day = type.oid == pg_types::time;
    if (mode == TimeMode::AdaptiveTimeMicroseconds && !time_of_day)
        return travels_as_milliseconds(type.modifier, TimeMode::Adaptive) ? milliseconds : microseconds;
    return travels_as_milliseconds(type.modifier, mode) ? milliseconds : microseconds;
}

/// TOAST leaves values of up to 24 bytes where they are (toast_tuple_find_biggest_attribute).
bool can_be_long(const SourceType& type) {
    if (type.oid == pg_types::numeric) return type.modifier < 0 || numeric_precision(type.modifier) > 24;
    if (type.oid == oids::bit || type.oid == oids::varbit) return type.modifier < 0 || type.modifier > 128;
    return can_be_toasted(type);
}

/// Types whose arrays have a placeholder when they are out of line.
bool array_has_placeholder(const ColumnForm& element) {
    constexpr std::uint32_t types[] = {pg_types::text,  pg_types::varchar, pg_types::bpchar, pg_types::json,
                                       pg_types::jsonb, pg_types::bytea,   pg_types::int4,   pg_types::int8,
                                       pg_types::date,  pg_types::uuid};
    return std::find(std::begin(types), std::end(types), element.type.oid) != std::end(types);
}

bool is_null_ambiguous(const ColumnForm& form) {
    if (!can_be_long(form.type)) return false;
    switch (form.form) {
        case Form::Numeric:
            return !form.decimal_is_text;
        case Form::Bits:
            return true;
        case Form::Bytea:
            return form.binary == BinaryMode::Base64 || form.binary == BinaryMode::Base64UrlSafe;
        case Form::Array:
            return !array_has_placeholder(*form.element);
        default:
            return false;
    }
}

/// Whether Debezium sends the type as a text; the others it leaves out, or sends as bytes.
bool is_known_text(std::uint32_t oid, std::string_view name, char kind) {
    constexpr std::uint32_t cidr = 650, inet = 869, macaddr8 = 774, macaddr = 829;
    constexpr std::uint32_t int4range = 3904, numrange = 3906, tsrange = 3908, tstzrange = 3910,
                            daterange = 3912, int8range = 3926;
    constexpr std::uint32_t types[] = {
        pg_types::text, pg_types::varchar, pg_types::bpchar, pg_types::name, oids::char_type,
        pg_types::uuid, oids::xml,         oids::tsvector,   cidr,           inet,
        macaddr8,       macaddr,           int4range,        numrange,       tsrange,
        tstzrange,      daterange,         int8range};
    return kind == 'e' || (kind == 'b' && (name == "citext" || name == "ltree")) ||
           std::find(std::begin(types), std::end(types), oid) != std::end(types);
}

Form form_of_known(std::uint32_t oid, std::string_view name, char kind) {
    constexpr std::pair<std::uint32_t, Form> forms[] = {{pg_types::boolean, Form::Boolean},
                                                        {pg_types::float4, Form::Float4},
                                                        {pg_types::float8, Form::Float8},
                                                        {pg_types::numeric, Form::Numeric},
                                                        {pg_types::money, Form::Money},
                                                        {pg_types::json, Form::Json},
                                                        {pg_types::jsonb, Form::Json},
                                                        {pg_types::bytea, Form::Bytea},
                                                        {oids::bit, Form::Bits},
                                                        {oids::varbit, Form::Bits},
                                                        {pg_types::date, Form::Date},
                                                        {pg_types::time, Form::Time},
                                                        {pg_types::timetz, Form::TimeTz},
                                                        {pg_types::timestamp, Form::Timestamp},
                                                        {pg_types::timestamptz, Form::TimestampTz},
                                                        {pg_types::interval, Form::Interval},
                                                        {oids::point, Form::Point},
                                                        {oids::line, Form::Line},
                                                        {oids::circle, Form::Circle},
                                                        {oids::lseg, Form::Geometry},
                                                        {oids::box, Form::Geometry},
                                                        {oids::path, Form::Geometry},
                                                        {oids::polygon, Form::Geometry}};
    if (pg_types::is_integer(oid)) return Form::Integer;
    for (const auto& [known, form] : forms) {
        if (known == oid) return form;
    }
    if (kind == 'b' && name == "hstore") return Form::Hstore;
    if (kind == 'b' && (name == "geometry" || name == "geography")) return Form::Geometry;
    return is_known_text(oid, name, kind) ? Form::Text : Form::Opaque;
}

SourceType element_type(const SourceType& array) {
    SourceType element;
    element.oid = array.element_oid;
    element.name = array.element_name;
    element.kind = array.element_kind;
    element.sql = array.element_sql;
    element.modifier = array.modifier >= 0 ? array.modifier : array.element_modifier;
    return element;
}

/// Whether the schema's type can be this one, by a name that it has for several.
bool refines(const ColumnForm& by_schema, const ColumnForm& known) {
    switch (by_schema.form) {
        case Form::Text:
            if (by_schema.type.oid != pg_types::text) return false;
            return known.form == Form::Text || known.form == Form::Hstore || known.form == Form::Numeric ||
                   known.form == Form::Json ||
                   (known.form == Form::Bytea && known.binary != BinaryMode::Bytes);
        case Form::Bytea:
            return known.form == Form::Opaque || known.form == Form::Array;
        case Form::Json:
            return known.form == Form::Hstore || known.form == Form::Json;
        case Form::Boolean:
            return known.form == Form::BitOfBoolean;
        case Form::Bits:
            return known.form == Form::Bits;
        case Form::Geometry:
        case Form::Interval:
            return known.form == by_schema.form;
        case Form::Numeric:
            return known.form == Form::Money;
        case Form::Integer:
            return known.type.oid == pg_types::oid && by_schema.type.oid == pg_types::int8;
        case Form::Array:
            return known.form == Form::Array && refines(*by_schema.element, *known.element);
        default:
            return false;
    }
}

}  // namespace

bool ColumnForm::operator==(const ColumnForm& other) const {
    const auto same = [](const ColumnForm& a, const ColumnForm& b) {
        return a.form == b.form && a.origin == b.origin && a.inference == b.inference &&
               a.ticks_a_second == b.ticks_a_second && a.scale == b.scale && a.scale_known == b.scale_known &&
               a.decimal_is_text == b.decimal_is_text && a.binary == b.binary && a.least == b.least &&
               a.most == b.most && a.length == b.length && a.null_is_ambiguous == b.null_is_ambiguous &&
               a.type == b.type;
    };
    if (!same(*this, other) || (element == nullptr) != (other.element == nullptr)) return false;
    return element == nullptr || *element == *other.element;
}

ColumnForm form_of(const SourceType& type, const Options& options) {
    ColumnForm form;
    form.origin = TypeOrigin::Given;
    form.type = type;
    form.decimal_is_text = options.decimal == DecimalMode::String;
    form.binary = options.binary;
    if (type.is_array()) {
        form.form = Form::Array;
        form.element = std::make_shared<const ColumnForm>(form_of(element_type(type), options));
        form.null_is_ambiguous = is_null_ambiguous(form);
        return form;
    }
    form.form = form_of_known(type.oid, type.name, type.kind);
    if (form.form == Form::Integer) set_integer(form, type.oid);
    if (form.form == Form::Time || form.form == Form::Timestamp)
        form.ticks_a_second = ticks_of(type, options.time);
    if (form.form == Form::Numeric) {
        // A negative scale travels as the eleven bits that the modifier has for it.
        form.scale_known = type.modifier >= 0;
        form.scale = form.scale_known ? (type.modifier - 4) & 0x7ff : 0;
    }
    if (form.form == Form::Money) form.scale = 2;
    if (form.form == Form::Bits) {
        if (type.modifier == 1 || (type.oid == oids::bit && type.modifier < 0))
            form.form = Form::BitOfBoolean;
        form.length = type.oid == oids::bit ? type.modifier : -1;
    }
    form.null_is_ambiguous = is_null_ambiguous(form);
    return form;
}

ColumnForm form_of(const ConnectType& type, const SourceType& known, const Options& options) {
    ColumnForm by_schema = form_of(type);
    ColumnForm form = form_of(known, options);
    if (!refines(by_schema, form)) return by_schema;
    form.ticks_a_second = by_schema.ticks_a_second;
    if (by_schema.form == Form::Text && form.form == Form::Numeric) {
        form.decimal_is_text = true;
        form.null_is_ambiguous = false;
    }
    return form;
}

ColumnForm inferred_form(Inference inference) {
    constexpr std::uint32_t types[] = {pg_types::text,    pg_types::boolean, pg_types::int8, pg_types::float8,
                                       pg_types::numeric, pg_types::text,    pg_types::jsonb};
    ColumnForm form;
    form.form = Form::Inferred;
    form.origin = TypeOrigin::Inferred;
    form.inference = inference;
    form.type = built_in_type(types[static_cast<std::size_t>(inference)]);
    return form;
}

Inference widened(Inference seen, Inference next) {
    const auto is_number = [](Inference kind) {
        return kind == Inference::Integer || kind == Inference::Float || kind == Inference::Numeric;
    };
    if (seen == next || next == Inference::Unseen) return seen;
    if (seen == Inference::Unseen) return next;
    return is_number(seen) && is_number(next) ? Inference::Numeric : Inference::Text;
}

}  // namespace walferry::debezium
