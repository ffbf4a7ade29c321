#include "model/debezium_settings.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <span>
#include <utility>

namespace walferry {

namespace {

template <class T>
using Words = std::span<const std::pair<std::string_view, T>>;

constexpr std::pair<std::string_view, DecimalMode> decimal_words[] = {
    {"precise", DecimalMode::Precise}, {"double", DecimalMode::Double}, {"string", DecimalMode::String}};
constexpr std::pair<std::string_view, TimeMode> time_words[] = {
    {"adaptive", TimeMode::Adaptive},
    {"adaptive_time_microseconds", TimeMode::AdaptiveTimeMicroseconds},
    {"connect", TimeMode::Connect},
    {"isostring", TimeMode::IsoString},
    {"microseconds", TimeMode::Microseconds},
    {"nanoseconds", TimeMode::Nanoseconds}};
constexpr std::pair<std::string_view, HstoreMode> hstore_words[] = {{"json", HstoreMode::Json},
                                                                    {"map", HstoreMode::Map}};
constexpr std::pair<std::string_view, IntervalMode> interval_words[] = {{"numeric", IntervalMode::Numeric},
                                                                        {"string", IntervalMode::String}};
constexpr std::pair<std::string_view, BinaryMode> binary_words[] = {
    {"bytes", BinaryMode::Bytes},
    {"base64", BinaryMode::Base64},
    {"base64-url-safe", BinaryMode::Base64UrlSafe},
    {"hex", BinaryMode::Hex}};
constexpr std::pair<std::string_view, bool> boolean_words[] = {{"false", false}, {"true", true}};
constexpr std::pair<std::string_view, bool> delete_words[] = {{"drop", false},
                                                              {"tombstone", false},
                                                              {"rewrite", true},
                                                              {"rewrite-with-tombstone", true},
                                                              {"delete-to-tombstone", false}};

/// As Debezium reads it: without blanks around it, in lower case.
std::string plain_word(std::string_view text) {
    const auto blank = [](char letter) { return letter == ' ' || letter == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    std::string lower(text);
    for (char& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return lower;
}

std::string not_allowed(std::string_view value, std::string_view allowed) {
    return fmt::format("\"{}\" is none of its values, allowed: {}", value, allowed);
}

template <class T>
std::optional<std::string> take_word(T& to, std::string_view value, Words<T> words) {
    const std::string wanted = plain_word(value);
    std::string allowed;
    for (const auto& [word, meaning] : words) {
        if (word == wanted) {
            to = meaning;
            return std::nullopt;
        }
        allowed += allowed.empty() ? "" : ", ";
        allowed += word;
    }
    return not_allowed(value, allowed);
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
    for (std::size_t at = 0; at < digits.size(); at += 2) {
        const int high = digit(digits[at]);
        const int low = digit(digits[at + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high << 4 | low);
    }
    return bytes;
}

std::optional<std::string> take_placeholder(std::string& to, std::string_view value) {
    constexpr std::string_view hex = "hex:";
    if (!value.starts_with(hex)) {
        to = value;
        return std::nullopt;
    }
    const auto bytes = from_hex(value.substr(hex.size()));
    if (!bytes) return not_allowed(value, "any text, or hex: and an even number of hexadecimal digits");
    to = *bytes;
    return std::nullopt;
}

std::string unknown_setting(DebeziumRole role) {
    return fmt::format(
        "no setting of Debezium that changes how values look, allowed: binary.handling.mode, "
        "decimal.handling.mode, {}hstore.handling.mode, {}interval.handling.mode, time.precision.mode, "
        "unavailable.value.placeholder",
        role == DebeziumRole::Reader ? "delete.tombstone.handling.mode, " : "",
        role == DebeziumRole::Writer ? "include.unknown.datatypes, " : "");
}

}  // namespace

std::optional<std::string> take_debezium_setting(DebeziumSettings& settings, DebeziumRole role,
                                                 std::string_view name, std::string_view value) {
    if (name == "decimal.handling.mode")
        return take_word<DecimalMode>(settings.decimal, value, decimal_words);
    if (name == "time.precision.mode") return take_word<TimeMode>(settings.time, value, time_words);
    if (name == "hstore.handling.mode") return take_word<HstoreMode>(settings.hstore, value, hstore_words);
    if (name == "interval.handling.mode")
        return take_word<IntervalMode>(settings.interval, value, interval_words);
    if (name == "binary.handling.mode") return take_word<BinaryMode>(settings.binary, value, binary_words);
    if (name == "unavailable.value.placeholder") return take_placeholder(settings.unavailable, value);
    if (name == "include.unknown.datatypes" && role == DebeziumRole::Writer)
        return take_word<bool>(settings.include_unknown, value, boolean_words);
    if (name == "delete.tombstone.handling.mode" && role == DebeziumRole::Reader)
        return take_word<bool>(settings.tombstone_after_delete, value, delete_words);
    return unknown_setting(role);
}

Result<DebeziumSettings> parse_debezium_settings(const std::map<std::string, std::string>& settings,
                                                 DebeziumRole role) {
    DebeziumSettings result;
    for (const auto& [name, value] : settings) {
        if (const auto problem = take_debezium_setting(result, role, name, value))
            return Error{ErrorKind::Configuration, fmt::format("{}: {}", name, *problem), {}, {}};
    }
    return result;
}

}  // namespace walferry
