#pragma once

#include <chrono>
#include <cstdint>

#include "pipeline/verify/fence.h"

namespace walferry {

/// Keeps a scan to so many rows a second, by pauses between its parts.
class ScanPace {
 public:
    ScanPace(std::uint64_t rows_per_second, GoOn go_on)
        : rows_per_second_(rows_per_second), go_on_(std::move(go_on)) {}

    /// After a part: waits until its rows are allowed to have been read.
    Status after(std::uint64_t rows);

 private:
    std::uint64_t rows_per_second_;  ///< 0: no limit
    GoOn go_on_;
    std::chrono::steady_clock::time_point due_{};
};

}  // namespace walferry
