#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace walferry {

/// A number in its text form, to be compared exactly, however many digits it has: never through a double. A
/// view into the text; copies nothing.
class DecimalText {
 public:
    /// Digits with an optional sign, point and exponent, or NaN and ±Infinity as PostgreSQL writes them (in
    /// any case); empty for everything else.
    static std::optional<DecimalText> parse(std::string_view text);

    bool is_nan() const { return nan_; }

    /// NaN is unordered: even to itself.
    friend std::partial_ordering operator<=>(const DecimalText& left, const DecimalText& right);
    friend bool operator==(const DecimalText& left, const DecimalText& right) {
        return (left <=> right) == std::partial_ordering::equivalent;
    }

 private:
    // The value is sign × 0.d1d2d3… × 10^exponent with d1 ≠ 0; a point may stand among the digits, zeros do
    // not stand at their end.
    int sign_ = 0;  ///< 0 for zero
    bool nan_ = false;
    bool infinite_ = false;
    std::int64_t exponent_ = 0;
    std::string_view digits_;
};

}  // namespace walferry
