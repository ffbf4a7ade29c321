#include "pipeline/resync/row_pace.h"

#include <algorithm>
#include <thread>

namespace walferry {

void RowPace::took(std::uint64_t rows, std::stop_token stop) {
    if (rows_a_second_ == 0) return;
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds step{50};
    Clock::time_point until;
    {
        const std::lock_guard lock(mutex_);
        const auto time =
            std::chrono::duration<double>(static_cast<double>(rows) / static_cast<double>(rows_a_second_));
        // What was not used while nothing was read is not made up for.
        due_ = std::max(due_, Clock::now()) + std::chrono::duration_cast<Clock::duration>(time);
        until = due_;
    }
    while (!stop.stop_requested() && Clock::now() < until) {
        std::this_thread::sleep_for(std::min<Clock::duration>(step, until - Clock::now()));
    }
}

}  // namespace walferry
