#include "publish/debezium_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

namespace walferry::publish {

namespace {

template <class T, std::size_t count>
using Names = std::array<std::pair<std::string_view, T>, count>;

constexpr Names<DecimalMode, 3> decimal_modes{
    {{"precise", DecimalMode::Precise}, {"double", DecimalMode::Double}, {"string", DecimalMode::String}}};
constexpr Names<TimeMode, 6> time_modes{{{"adaptive", TimeMode::Adaptive},
                                         {"adaptive_time_microseconds", TimeMode::AdaptiveTimeMicroseconds},
                                         {"connect", TimeMode::Connect},
                                         {"isostring", TimeMode::IsoString},
                                         {"microseconds", TimeMode::Microseconds},
                                         {"nanoseconds", TimeMode::Nanoseconds}}};
constexpr Names<HstoreMode, 2> hstore_modes{{{"json", HstoreMode::Json}, {"map", HstoreMode::Map}}};
constexpr Names<IntervalMode, 2> interval_modes{
    {{"numeric", IntervalMode::Numeric}, {"string", IntervalMode::String}}};
constexpr Names<BinaryMode, 4> binary_modes{{{"bytes", BinaryMode::Bytes},
                                             {"base64", BinaryMode::Base64},
                                             {"base64-url-safe", BinaryMode::Base64UrlSafe},
                                             {"hex", BinaryMode::Hex}}};
constexpr Names<bool, 2> booleans{{{"false", false}, {"true", true}}};

/// As Debezium reads it: without blanks around it, in lower case.
std::string plain(std::string_view text) {
    const auto blank = [](char letter) { return letter == ' ' || letter == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    std::string lower(text);
    for (char& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return lower;
}

Error wrong(const std::string& name, const std::string& value, const std::string& allowed) {
    return {ErrorKind::Configuration,
            fmt::format("{}: '{}' is not allowed; allowed: {}", name, value, allowed),
            {},
            {}};
}

template <class T, std::size_t count>
Status choose(const std::string& name, const std::string& value, const Names<T, count>& names, T& to) {
    const std::string wanted = plain(value);
    std::string allowed;
    for (const auto& [word, choice] : names) {
        if (word == wanted) {
            to = choice;
            return success();
        }
        if (!allowed.empty()) allowed += ", ";
        allowed += word;
    }
    return wrong(name, value, allowed);
}

std::optional<std::string> from_hex(std::string_view digits) {
    const auto digit = [](char letter) {
        if (letter >= '0' && letter <= '9') return letter - '0';
        if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
        if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
        return -1;
    };
    if (digits.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = digit(digits[i]);
        const int low = digit(digits[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high << 4 | low);
    }
    return bytes;
}

Status choose_placeholder(const std::string& name, const std::string& value, std::string& to) {
    to = value;
    if (!value.starts_with("hex:")) return success();
    const auto bytes = from_hex(std::string_view(value).substr(4));
    if (!bytes) return wrong(name, value, "any text, or hex: and an even number of hexadecimal digits");
    to = *bytes;
    return success();
}

}  // namespace

Result<ValueOptions> parse_value_options(const std::map<std::string, std::string>& settings) {
    ValueOptions options;
    for (const auto& [name, value] : settings) {
        if (name == "decimal.handling.mode") {
            WALFERRY_TRYV(choose(name, value, decimal_modes, options.decimal));
        } else if (name == "time.precision.mode") {
            WALFERRY_TRYV(choose(name, value, time_modes, options.time));
        } else if (name == "hstore.handling.mode") {
            WALFERRY_TRYV(choose(name, value, hstore_modes, options.hstore));
        } else if (name == "interval.handling.mode") {
            WALFERRY_TRYV(choose(name, value, interval_modes, options.interval));
        } else if (name == "binary.handling.mode") {
            WALFERRY_TRYV(choose(name, value, binary_modes, options.binary));
        } else if (name == "include.unknown.datatypes") {
            WALFERRY_TRYV(choose(name, value, booleans, options.include_unknown));
        } else if (name == "unavailable.value.placeholder") {
            WALFERRY_TRYV(choose_placeholder(name, value, options.unavailable));
        } else {
            return Error{ErrorKind::Configuration,
                         fmt::format("{}: unknown; known: binary.handling.mode, decimal.handling.mode, "
                                     "hstore.handling.mode, include.unknown.datatypes, "
                                     "interval.handling.mode, time.precision.mode, "
                                     "unavailable.value.placeholder",
                                     name),
                         {},
                         {}};
        }
    }
    return options;
}

}  // namespace walferry::publish
