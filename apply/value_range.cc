#include "apply/value_range.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/error_lines.h"
#include "model/byte_order.h"
#include "model/pg_types.h"
#include "warehouse/encoding/encoding.h"

namespace walferry {

namespace {

Error unusable(std::string message) {
    return Error{ErrorKind::Configuration, std::move(message), "", ""};
}

/// A timestamp as PostgreSQL prints it, from what people write.
std::string full_timestamp(std::string text) {
    if (text.ends_with('Z')) text.replace(text.size() - 1, 1, "+00");
    if (const auto separator = text.find('T'); separator != std::string::npos) text[separator] = ' ';
    const bool only_date = text.find(':') == std::string::npos && text.find("infinity") == std::string::npos;
    return only_date ? text + " 00:00:00" : text;
}

}  // namespace

std::optional<ValueRange::Order> ValueRange::order_of(std::uint32_t type_oid) {
    switch (type_oid) {
        case pg_types::int2:
        case pg_types::int4:
        case pg_types::int8:
        case pg_types::oid:
        case pg_types::float4:
        case pg_types::float8:
        case pg_types::numeric:
            return Order::Number;
        case pg_types::date:
            return Order::Date;
        case pg_types::time:
            return Order::Time;
        case pg_types::timestamp:
        case pg_types::timestamptz:
            return Order::Timestamp;
        default:
            return std::nullopt;
    }
}

std::optional<std::int64_t> ValueRange::point_in_time(Order order, std::string_view text) {
    constexpr std::size_t text_bytes_max = 64;
    if (text.size() > text_bytes_max) return std::nullopt;
    const ColumnEncoding encoding{.kind = order == Order::Date   ? Encoding::Date
                                          : order == Order::Time ? Encoding::Time
                                                                 : Encoding::Timestamp};
    char bytes[2 * text_bytes_max];
    const char* const end = encode_text(encoding, text, bytes);
    if (end == nullptr) return std::nullopt;
    if (order == Order::Date) return load_big_endian<std::int32_t>(bytes);
    return load_big_endian<std::int64_t>(bytes);
}

Result<ValueRange::Bound> ValueRange::read_bound(Order order, const std::optional<std::string>& text) {
    Bound bound;
    if (!text) return bound;
    bound.text =
        std::make_unique<const std::string>(order == Order::Timestamp ? full_timestamp(*text) : *text);
    if (order == Order::Number) {
        const auto number = DecimalText::parse(*bound.text);
        if (number) bound.number = *number;
        if (number && !number->is_nan()) return bound;
        return unusable(fmt::format("{} is no bound, allowed: a number", shown(*text)));
    }
    const auto point = point_in_time(order, *bound.text);
    if (!point) {
        return unusable(fmt::format("{} is no bound, allowed: {}", shown(*text),
                                    order == Order::Date   ? "a date such as 2024-01-31"
                                    : order == Order::Time ? "a time such as 08:30:00"
                                                           : "a timestamp such as 2024-01-31 08:30:00"));
    }
    bound.point = *point;
    return bound;
}

Result<ValueRange> ValueRange::make(std::uint32_t type_oid, const std::optional<std::string>& low,
                                    const std::optional<std::string>& high) {
    const auto order = order_of(type_oid);
    if (!order) {
        return unusable(
            "is not supported for the column's type, allowed: range for numbers, dates, times and "
            "timestamps");
    }
    ValueRange range;
    range.order_ = *order;
    WALFERRY_TRY(low_bound, read_bound(*order, low));
    WALFERRY_TRY(high_bound, read_bound(*order, high));
    range.low_ = std::move(low_bound);
    range.high_ = std::move(high_bound);
    if (low && !high) return range;
    if (high && !low) return range;
    const bool upside_down = *order == Order::Number ? range.low_.number > range.high_.number
                                                     : range.low_.point > range.high_.point;
    if (upside_down) return unusable("is empty, allowed: a low that is not above high");
    return range;
}

bool ValueRange::contains(std::string_view text) const {
    if (order_ == Order::Number) {
        const auto number = DecimalText::parse(text);
        if (!number || number->is_nan()) return false;
        return (!low_.text || *number >= low_.number) && (!high_.text || *number <= high_.number);
    }
    const auto point = point_in_time(order_, text);
    return point && (!low_.text || *point >= low_.point) && (!high_.text || *point <= high_.point);
}

}  // namespace walferry
