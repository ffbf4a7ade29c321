#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace walferry {

/// Holds the workers of a copy back so that together they read no more rows a second than they may.
/// Thread-safe.
class RowPace {
 public:
    /// `rows_a_second`: 0 for no limit.
    explicit RowPace(std::uint64_t rows_a_second) : rows_a_second_(rows_a_second) {}

    /// These rows were read: waits until they may have been.
    void took(std::uint64_t rows, std::stop_token stop);

 private:
    std::uint64_t rows_a_second_;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point due_{};
};

}  // namespace walferry
