#include "capture/debezium/options.h"

#include <fmt/format.h>

#include <charconv>
#include <span>
#include <utility>

namespace walferry::debezium {

namespace {

template <class T>
using Names = std::span<const std::pair<std::string_view, T>>;

template <class T>
Status choose(T& to, std::string_view name, std::string_view value, Names<T> names) {
    std::string allowed;
    for (const auto& [known, meaning] : names) {
        if (known == value) {
            to = meaning;
            return success();
        }
        allowed += allowed.empty() ? "" : ", ";
        allowed += known;
    }
    return Error{ErrorKind::Configuration,
                 fmt::format("options: {}: '{}', allowed: {}", name, value, allowed), "", ""};
}

constexpr std::pair<std::string_view, DecimalMode> decimal_modes[] = {
    {"precise", DecimalMode::Precise}, {"string", DecimalMode::Text}, {"double", DecimalMode::Double}};
constexpr std::pair<std::string_view, TimeMode> time_modes[] = {
    {"adaptive", TimeMode::Adaptive},
    {"adaptive_time_microseconds", TimeMode::AdaptiveTimeMicroseconds},
    {"connect", TimeMode::Connect},
    {"isostring", TimeMode::IsoString},
    {"microseconds", TimeMode::Microseconds},
    {"nanoseconds", TimeMode::Nanoseconds}};
constexpr std::pair<std::string_view, BinaryMode> binary_modes[] = {
    {"bytes", BinaryMode::Bytes},
    {"base64", BinaryMode::Base64},
    {"base64-url-safe", BinaryMode::Base64UrlSafe},
    {"hex", BinaryMode::Hex}};
constexpr std::pair<std::string_view, bool> hstore_modes[] = {{"json", false}, {"map", true}};
constexpr std::pair<std::string_view, bool> interval_modes[] = {{"numeric", false}, {"string", true}};
constexpr std::pair<std::string_view, bool> delete_modes[] = {{"drop", false},
                                                              {"tombstone", false},
                                                              {"rewrite", true},
                                                              {"rewrite-with-tombstone", true},
                                                              {"delete-to-tombstone", false}};

/// "hex:" and octets, or the text itself.
Result<std::string> read_placeholder(std::string_view value) {
    if (!value.starts_with("hex:")) return std::string(value);
    const std::string_view digits = value.substr(4);
    std::string bytes;
    for (std::size_t at = 0; at < digits.size(); at += 2) {
        unsigned char byte = 0;
        const char* end = digits.data() + at + 2;
        if (at + 2 > digits.size() || std::from_chars(digits.data() + at, end, byte, 16).ptr != end)
            return Error{ErrorKind::Configuration,
                         "options: unavailable.value.placeholder: no hex digits after 'hex:'", "", ""};
        bytes.push_back(static_cast<char>(byte));
    }
    return bytes;
}

}  // namespace

Result<Options> read_options(const std::map<std::string, std::string>& settings, Options options) {
    bool unused = false;
    for (const auto& [name, value] : settings) {
        if (name == "decimal.handling.mode") {
            WALFERRY_TRYV(choose<DecimalMode>(options.decimal, name, value, decimal_modes));
        } else if (name == "time.precision.mode") {
            WALFERRY_TRYV(choose<TimeMode>(options.time, name, value, time_modes));
        } else if (name == "binary.handling.mode") {
            WALFERRY_TRYV(choose<BinaryMode>(options.binary, name, value, binary_modes));
        } else if (name == "hstore.handling.mode") {
            WALFERRY_TRYV(choose<bool>(unused, name, value, hstore_modes));
        } else if (name == "interval.handling.mode") {
            WALFERRY_TRYV(choose<bool>(unused, name, value, interval_modes));
        } else if (name == "delete.tombstone.handling.mode") {
            WALFERRY_TRYV(choose<bool>(options.tombstone_after_delete, name, value, delete_modes));
        } else if (name == "unavailable.value.placeholder") {
            WALFERRY_TRY(placeholder, read_placeholder(value));
            options.placeholder = std::move(placeholder);
        } else {
            return Error{ErrorKind::Configuration,
                         fmt::format("options: {}: no setting of Debezium that changes how values are read; "
                                     "known: binary.handling.mode, decimal.handling.mode, "
                                     "delete.tombstone.handling.mode, hstore.handling.mode, "
                                     "interval.handling.mode, time.precision.mode, "
                                     "unavailable.value.placeholder",
                                     name),
                         "", ""};
        }
    }
    return options;
}

}  // namespace walferry::debezium
