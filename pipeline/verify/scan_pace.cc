#include "pipeline/verify/scan_pace.h"

#include <algorithm>
#include <thread>

namespace walferry {

Status ScanPace::after(std::uint64_t rows) {
    constexpr std::chrono::milliseconds step{100};
    using std::chrono::steady_clock;
    WALFERRY_TRYV(go_on_());
    if (rows_per_second_ == 0) return success();
    const std::chrono::duration<double> time(static_cast<double>(rows) /
                                             static_cast<double>(rows_per_second_));
    const auto now = steady_clock::now();
    // What was read took time, too: it counts from the end of the pause before.
    due_ = std::max(due_, now - std::chrono::duration_cast<steady_clock::duration>(time)) +
           std::chrono::duration_cast<steady_clock::duration>(time);
    while (steady_clock::now() < due_) {
        std::this_thread::sleep_for(std::min<steady_clock::duration>(step, due_ - steady_clock::now()));
        WALFERRY_TRYV(go_on_());
    }
    return success();
}

}  // namespace walferry
