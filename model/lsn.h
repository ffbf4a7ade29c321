#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace walferry {

/// A position in PostgreSQL's write-ahead log: a byte offset. 0 means "none", as in PostgreSQL itself.
struct Lsn {
    std::uint64_t value = 0;

    constexpr auto operator<=>(const Lsn&) const = default;
    constexpr explicit operator bool() const { return value != 0; }
};

/// PostgreSQL's text form: two hexadecimal halves, `16/B374D848`.
std::string to_string(Lsn lsn);

/// Reads PostgreSQL's text form; empty when it is not one.
std::optional<Lsn> parse_lsn(std::string_view text);

}  // namespace walferry
