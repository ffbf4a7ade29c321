#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Decimal numbers in PostgreSQL's text. Pure; false is "no such number", and then what was appended means
/// nothing.
namespace walferry::debezium {

/// The digits of a two's complement, big-endian number, after a minus where it is negative. False when there
/// are none, or more than a numeric can have.
bool append_integer(std::string& to, std::string_view two_complement);

/// A number as it was written, to be written once more.
struct Decimal {
    bool negative = false;
    std::string_view digits;  ///< all of them, without a point
    std::int64_t scale = 0;   ///< how many of them are behind the point; less than 0: zeros follow
};

/// Splits a number of JSON or of Java's BigDecimal.toString (1.5E+10); its digits go to `digits`.
bool parse_decimal(std::string_view text, std::string& digits, Decimal& to);

/// What append_integer has written, with a scale.
Decimal with_scale(std::string_view integer, std::int64_t scale);

/// The number as a numeric with this modifier would print it: -1 as it is, else with the modifier's digits
/// behind the point. False when it has more of them that are not 0, or does not fit at all.
bool append_decimal(std::string& to, Decimal decimal, std::int32_t modifier);

/// As type money prints it in lc_monetary C: -$1,234.56. False when it is no whole number of cents, or out of
/// its range.
bool append_money(std::string& to, Decimal decimal);

}  // namespace walferry::debezium
