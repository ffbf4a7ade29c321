#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "apply/decimal_text.h"
#include "model/error.h"

namespace walferry {

/// The values of one type from a least to a greatest one, both inclusive: numbers (exactly, by their digits),
/// dates, times of day and timestamps. Infinities are above or below all else; NaN is in no range.
class ValueRange {
 public:
    /// Kind Configuration, with what is wrong and what is allowed, when values of the type have no order
    /// here, or a bound is no such value. A bound of a timestamp may be a date, and may lack the zone, which
    /// is UTC.
    static Result<ValueRange> make(std::uint32_t type_oid, const std::optional<std::string>& low,
                                   const std::optional<std::string>& high);

    /// `text` is PostgreSQL's text form (datestyle ISO, timezone UTC).
    bool contains(std::string_view text) const;

 private:
    enum class Order { Number, Date, Time, Timestamp };
    struct Bound {
        std::unique_ptr<const std::string> text;  ///< what `number` points into; null: open
        DecimalText number;
        std::int64_t point = 0;  ///< in time
    };

    static std::optional<Order> order_of(std::uint32_t type_oid);
    static std::optional<std::int64_t> point_in_time(Order order, std::string_view text);
    static Result<Bound> read_bound(Order order, const std::optional<std::string>& text);

    Order order_ = Order::Number;
    Bound low_, high_;
};

}  // namespace walferry
