#include "model/snapshot.h"

#include <algorithm>
#include <charconv>

namespace walferry {

namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

bool Snapshot::sees(std::uint32_t xid) const {
    const auto distance = static_cast<std::int32_t>(xid - static_cast<std::uint32_t>(xmax));
    const std::uint64_t full = xmax + static_cast<std::uint64_t>(static_cast<std::int64_t>(distance));
    if (full < xmin) return true;
    if (full >= xmax) return false;
    return !std::binary_search(in_progress.begin(), in_progress.end(), full);
}

std::optional<Snapshot> parse_snapshot(std::string_view text) {
    const auto first = text.find(':');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = text.find(':', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto xmin = parse_number(text.substr(0, first));
    const auto xmax = parse_number(text.substr(first + 1, second - first - 1));
    if (!xmin || !xmax) return std::nullopt;
    Snapshot snapshot{*xmin, *xmax, {}};
    std::string_view rest = text.substr(second + 1);
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        const auto xid = parse_number(rest.substr(0, comma));
        if (!xid) return std::nullopt;
        snapshot.in_progress.push_back(*xid);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    std::sort(snapshot.in_progress.begin(), snapshot.in_progress.end());
    return snapshot;
}

}  // namespace walferry
