#include "model/lsn.h"

#include <fmt/format.h>

#include <charconv>

namespace walferry {

std::string to_string(Lsn lsn) {
    return fmt::format("{:X}/{:X}", lsn.value >> 32, lsn.value & 0xFFFFFFFFu);
}

namespace {

std::optional<std::uint32_t> parse_half(std::string_view text) {
    std::uint32_t value = 0;
    if (text.empty() || text.size() > 8) return std::nullopt;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<Lsn> parse_lsn(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto high = parse_half(text.substr(0, slash));
    const auto low = parse_half(text.substr(slash + 1));
    if (!high || !low) return std::nullopt;
    return Lsn{(std::uint64_t{*high} << 32) | *low};
}

}  // namespace walferry
