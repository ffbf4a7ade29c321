#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace walferry::testing {

struct DecodedName {
    std::string schema;
    std::string name;

    auto operator<=>(const DecodedName&) const = default;
};

struct DecodedValue {
    std::string column;
    std::string type;  ///< as test_decoding writes it between brackets, e.g. `integer[]`
    std::optional<std::string> text;
    bool unchanged_toast = false;

    bool operator==(const DecodedValue&) const = default;
};

struct DecodedChange {
    std::vector<DecodedName> tables;  ///< several for a TRUNCATE only
    char op = 0;                      ///< c u d t
    /// old-key of an update, and what a delete prints; test_decoding leaves out what is NULL there. Nullopt
    /// when an update has none; an empty row for (no-tuple-data).
    std::optional<std::vector<DecodedValue>> before;
    std::optional<std::vector<DecodedValue>> after;
};

/// One line of contrib/test_decoding that begins with `table`: what pg_decode_change, pg_decode_truncate and
/// tuple_to_stringinfo of test_decoding.c print. Values: numbers bare, booleans true or false, bit strings
/// B'…', everything else in single quotes of which only the quote itself is doubled. Throws when the line is
/// anything else.
DecodedChange parse_decoded_change(std::string_view line);

/// `COMMIT 1234 (at 2024-02-29 12:34:56.1+00)`: microseconds since 1970. The session's time zone was UTC.
std::int64_t parse_commit_instant(std::string_view line);

}  // namespace walferry::testing
