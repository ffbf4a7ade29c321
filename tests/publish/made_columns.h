#pragma once

#include <string>
#include <string_view>

#include "publish/json_sink.h"
#include "publish/type_plan.h"

namespace walferry::publish {

/// A column of a built-in type by its OID.
inline PublishedColumn column_of(std::uint32_t oid, std::int32_t modifier = -1) {
    PublishedColumn column;
    column.name = "v";
    column.type.oid = oid;
    column.type.kind = 'b';
    column.type.modifier = modifier;
    return column;
}

/// An array column by its element's OID.
inline PublishedColumn array_of(std::uint32_t element, std::int32_t modifier = -1) {
    PublishedColumn column = column_of(1, modifier);
    column.type.element_oid = element;
    column.type.element_kind = 'b';
    return column;
}

/// What becomes of a column's text: JSON, or why there is none.
inline std::string json_of(const PublishedColumn& column, std::string_view text,
                           const ValueOptions& options = {}) {
    const TypePlan plan = plan_type(column, options);
    std::string json;
    JsonSink sink(json);
    switch (plan.from_text(plan.format, text, sink)) {
        case Carried::Whole:
            return json;
        case Carried::Not:
            return "not carried";
        case Carried::OutOfRange:
            return "out of range";
        case Carried::Invalid:
            break;
    }
    return "invalid";
}

/// numeric(precision, scale) as a type modifier.
constexpr std::int32_t numeric_modifier(int precision, int scale) {
    return (precision << 16 | (scale & 0x7ff)) + 4;
}

}  // namespace walferry::publish
