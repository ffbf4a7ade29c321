#include "pipeline/reader_loop.h"

#include <algorithm>
#include <thread>

namespace walferry {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds upkeep_interval{200};
/// When the position moves without changes it is saved this soon after a batch, then after twice as long each
/// time, up to the maximum: what waits for the checkpoint mostly waits right after changes.
constexpr milliseconds idle_save_interval_min{250};
constexpr milliseconds idle_save_interval_max{10'000};
/// Or when it has moved this far.
constexpr std::uint64_t idle_save_bytes = 16u << 20;
constexpr int events_between_upkeep_checks = 512;

}  // namespace

ReaderLoop::ReaderLoop(ChangeSource& source, BatchBuilder& builder, BatchQueue& queue, Progress& progress,
                       milliseconds delay_max)
    : source_(source),
      builder_(builder),
      queue_(queue),
      progress_(progress),
      delay_max_(delay_max),
      last_handed_over_(steady_clock::now()),
      idle_save_interval_(idle_save_interval_max),
      acknowledged_(Lsn{progress.durable}),
      handed_over_(builder.position()) {}

Status ReaderLoop::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        bool drained = false;
        WALFERRY_TRYV(read_some(drained));
        if (builder_.full()) {
            WALFERRY_TRYV(hand_over_full(stop));
        }
        hand_over_if_wanted();
        WALFERRY_TRYV(upkeep());
        if (drained) wait();
    }
    return success();
}

/// Reads until nothing is there, the batch is full, or a transaction ends that the applier waits for.
Status ReaderLoop::read_some(bool& drained) {
    for (int i = 0; i < events_between_upkeep_checks; ++i) {
        WALFERRY_TRY(event, source_.next());
        if (std::holds_alternative<NothingYet>(event)) {
            drained = true;
            return success();
        }
        WALFERRY_TRYV(take_in(event));
        if (builder_.full()) return success();
    }
    return success();
}

Status ReaderLoop::take_in(const SourceEvent& event) {
    if (const auto* change = std::get_if<ChangeEvent>(&event)) return builder_.change(*change);
    if (const auto* unreadable = std::get_if<UnreadableRecord>(&event)) return builder_.letter(*unreadable);
    if (const auto* begin = std::get_if<TransactionBegin>(&event)) return builder_.begin(begin->transaction);
    if (const auto* commit = std::get_if<TransactionCommit>(&event)) {
        const bool first = builder_.first_commit_time() == 0;
        builder_.commit(commit->transaction);
        if (first) {
            changes_since_ = steady_clock::now();
            progress_.building_commit = commit->transaction.commit_time;
        }
    }
    if (const auto* keepalive = std::get_if<Keepalive>(&event)) builder_.position(*keepalive);
    progress_.received = builder_.position().value;
    return success();
}

/// A position without changes costs a warehouse commit: only now and then, or when somebody waits for it.
bool ReaderLoop::position_is_due() const {
    if (builder_.save_soon() || progress_.catching_up || progress_.durable < progress_.awaited()) return true;
    const bool moved_far = builder_.position().value - handed_over_.value >= idle_save_bytes;
    return moved_far || steady_clock::now() - last_handed_over_ >= idle_save_interval_;
}

void ReaderLoop::hand_over_if_wanted() {
    if (!builder_.can_take_complete() || !queue_.applier_waits()) return;
    if (builder_.has_changes() || builder_.first_commit_time() != 0) {
        if (steady_clock::now() - changes_since_ < delay_max_) return;
    } else if (!builder_.wants_turn() && !position_is_due()) {
        return;
    }
    hand_over();
}

void ReaderLoop::hand_over() {
    handed_over_ = builder_.position();
    last_handed_over_ = steady_clock::now();
    idle_save_interval_ = builder_.has_changes() ? idle_save_interval_min
                                                 : std::min(2 * idle_save_interval_, idle_save_interval_max);
    // The steps of one transaction may follow commits: the oldest of them counts until all is durable.
    if (progress_.applying_commit == 0) progress_.applying_commit = builder_.first_commit_time();
    progress_.building_commit = 0;
    queue_.hand_over(builder_.take());
    progress_.building_bytes = 0;
}

Status ReaderLoop::hand_over_full(std::stop_token stop) {
    progress_.building_bytes = builder_.bytes();
    while (!queue_.wait_for_applier(upkeep_interval)) {
        if (stop.stop_requested()) return success();
        WALFERRY_TRYV(upkeep());
    }
    hand_over();
    return success();
}

Status ReaderLoop::settle(milliseconds time_max, const std::atomic<bool>& applier_ended) {
    const auto deadline = steady_clock::now() + time_max;
    const auto late = [&] { return applier_ended || steady_clock::now() >= deadline; };
    const Error not_applied{ErrorKind::Busy, "what was read could not be applied in time", "", ""};
    while (builder_.can_take_complete()) {
        if (queue_.wait_for_applier(milliseconds{50})) {
            hand_over();
        } else if (late()) {
            return not_applied;
        }
    }
    while (progress_.durable < handed_over_.value) {
        if (late()) return not_applied;
        std::this_thread::sleep_for(milliseconds{2});
    }
    return success();
}

void ReaderLoop::wait() {
    milliseconds time_max = upkeep_interval;
    if (builder_.has_changes() && delay_max_.count() > 0 && delay_max_ < upkeep_interval) {
        time_max = delay_max_;
    }
    source_.wait(queue_.descriptor(), time_max);
    queue_.clear_wake();
}

Status ReaderLoop::upkeep() {
    const Lsn durable{progress_.durable};
    if (durable > acknowledged_) {
        acknowledged_ = durable;
        WALFERRY_TRYV(source_.acknowledge(durable));
    }
    const auto now = steady_clock::now();
    if (now - last_upkeep_ < upkeep_interval) return success();
    last_upkeep_ = now;
    progress_.building_bytes = builder_.bytes();
    if (progress_.catching_up || builder_.position().value < progress_.awaited()) {
        WALFERRY_TRYV(source_.request_position());
    }
    return source_.keep_alive();
}

}  // namespace walferry
