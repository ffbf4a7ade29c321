#include "apply/decimal_text.h"

#include <random>
#include <string>

#include "tests/support/catch.h"

namespace walferry {
namespace {

DecimalText number(const std::string& text) {
    const auto parsed = DecimalText::parse(text);
    INFO(text);
    REQUIRE(parsed.has_value());
    return *parsed;
}

/// The sign of left - right.
int compared(const std::string& left, const std::string& right) {
    const DecimalText l = number(left), r = number(right);
    if (l < r) return -1;
    return l > r ? 1 : 0;
}

}  // namespace

TEST_CASE("numbers compare by value, however they are written") {
    const std::string zeros(40, '0');
    const char* const ascending[] = {"-Infinity",
                                     "-1e400",
                                     "-100",
                                     "-99.5",
                                     "-1",
                                     "-0.1",
                                     "-0.01",
                                     "0",
                                     "1e-400",
                                     "0.01",
                                     "0.1",
                                     "0.11",
                                     "1",
                                     "1.001",
                                     "9.99",
                                     "10",
                                     "99999999999999999999999999999999999999999999.1",
                                     "99999999999999999999999999999999999999999999.2",
                                     "1e400",
                                     "Infinity"};
    for (std::size_t i = 0; i < std::size(ascending); ++i) {
        for (std::size_t j = 0; j < std::size(ascending); ++j) {
            INFO(ascending[i] << " and " << ascending[j]);
            CHECK(compared(ascending[i], ascending[j]) == (i < j ? -1 : i > j ? 1 : 0));
        }
    }
    for (const char* ten :
         {"10", "+10", "10.", "10.000", "0010", "1e1", "1E+1", "100e-1", "0.01e3", ".1e2"}) {
        INFO(ten);
        CHECK(compared(ten, "10") == 0);
        CHECK(compared(ten, "10.0" + zeros + "1") == -1);
        CHECK(compared(ten, "9." + std::string(40, '9')) == 1);
    }
    for (const char* zero : {"0", "-0", "0.000", "0e5", "00"}) CHECK(compared(zero, "0") == 0);
}

TEST_CASE("any two numbers of 18 digits compare as integers do") {
    std::mt19937_64 random{7};
    const auto as_text = [&](std::int64_t value) {
        // value / 10^4, with a point where there has to be one, and sometimes an exponent.
        std::string digits = std::to_string(value < 0 ? -value : value);
        digits.insert(0, digits.size() < 5 ? 5 - digits.size() : 0, '0');
        digits.insert(digits.size() - 4, ".");
        if (random() % 3 == 0) digits += "0e0";
        return (value < 0 ? "-" : "") + digits;
    };
    for (int round = 0; round < 20'000; ++round) {
        const auto width = static_cast<int>(random() % 60);
        const auto left = static_cast<std::int64_t>(random()) >> (4 + width % 56);
        const auto right =
            random() % 4 == 0 ? left + 1 : static_cast<std::int64_t>(random()) >> (4 + width % 56);
        INFO(as_text(left) << " and " << as_text(right));
        REQUIRE(compared(as_text(left), as_text(right)) == (left < right ? -1 : left > right ? 1 : 0));
    }
}

TEST_CASE("NaN is unordered, and what is no number is none") {
    CHECK(number("NaN").is_nan());
    CHECK_FALSE(number("NaN") == number("NaN"));
    CHECK_FALSE(number("NaN") > number("1"));
    CHECK_FALSE(number("NaN") <= number("Infinity"));
    for (const char* text : {"", "-", ".", "1.2.3", "1e", "e1", "1e1234567890", "0x1", " 1", "1 ", "--1",
                             "-NaN ", "Infinit", "$1"}) {
        INFO(text);
        CHECK_FALSE(DecimalText::parse(text).has_value());
    }
}

}  // namespace walferry
