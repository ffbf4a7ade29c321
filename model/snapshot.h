#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace walferry {

/// PostgreSQL's pg_snapshot: which transactions a reader sees. Full (64-bit) transaction ids.
struct Snapshot {
    std::uint64_t xmin = 0;                  ///< all below it are finished
    std::uint64_t xmax = 0;                  ///< none from here on was finished
    std::vector<std::uint64_t> in_progress;  ///< sorted; between xmin and xmax, top-level transactions only

    /// Whether a committed transaction is visible, given the 32-bit id that the stream carries; the epoch is
    /// taken from xmax, to which a transaction of the stream is always nearer than 2^31.
    bool sees(std::uint32_t xid) const;
};

/// Reads the text form `xmin:xmax:xip,xip,…`; empty when it is not one.
std::optional<Snapshot> parse_snapshot(std::string_view text);

}  // namespace walferry
