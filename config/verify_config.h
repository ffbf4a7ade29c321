#pragma once

#include <chrono>
#include <cstdint>

namespace walferry {

/// When the running service compares source and warehouse by itself.
struct VerifyConfig {
    std::chrono::milliseconds every{0};
    std::uint64_t rows_per_second = 0;  ///< read at the source; 0: as fast as it goes
};

}  // namespace walferry
