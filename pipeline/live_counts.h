#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace walferry {

/// Running totals for who watches, of the process's life, after the warehouse's commit.
struct LiveCounts {
    struct Events {
        std::uint64_t streamed = 0;
        std::uint64_t copied = 0;  ///< by first copies and copies anew
    };
    std::map<std::string, Events> events;         ///< by source table
    std::optional<std::uint64_t> outbox_pending;  ///< empty while nothing counts them
};

}  // namespace walferry
