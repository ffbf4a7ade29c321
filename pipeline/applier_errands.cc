#include "pipeline/applier_errands.h"

#include <algorithm>

namespace walferry {

namespace {

/// After this the applier looks for a batch again.
constexpr std::chrono::milliseconds time_between_batches{500};

Error not_now(const char* why) {
    return Error{ErrorKind::Busy, why, "try again in a moment; `walferry status CONFIG` says where it stands",
                 ""};
}

constexpr const char* no_session =
    "the pipeline has no session with the warehouse now, and nothing was changed";

/// What a failed COMMIT says about the transaction alone.
bool is_of_transaction(ErrorKind kind) {
    return kind == ErrorKind::Data || kind == ErrorKind::Serialization || kind == ErrorKind::Busy;
}

}  // namespace

std::vector<Status> ApplierErrands::run(std::vector<Errand> errands, std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    std::vector<std::shared_ptr<Waiting>> mine;
    for (Errand& errand : errands) {
        mine.push_back(std::make_shared<Waiting>());
        mine.back()->errand = std::move(errand);
    }
    std::unique_lock lock(mutex_);
    if (!writer_) return std::vector<Status>(mine.size(), not_now(no_session));
    queue_.insert(queue_.end(), mine.begin(), mine.end());
    writer_->wake();
    std::vector<Status> outcomes;
    for (const auto& waiting : mine) {
        const auto is_done = [&] { return waiting->outcome.has_value(); };
        if (!done_.wait_until(lock, until, is_done)) {
            withdraw(mine);
            done_.wait(lock, is_done);  // the one that is under way
        }
        outcomes.push_back(*waiting->outcome);
    }
    return outcomes;
}

void ApplierErrands::wait_for_session(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    done_.wait_for(lock, patience, [this] { return writer_.has_value(); });
}

Status ApplierErrands::run(Errand errand, std::chrono::milliseconds patience) {
    std::vector<Errand> errands;
    errands.push_back(std::move(errand));
    return run(std::move(errands), patience).front();
}

/// Under the lock.
void ApplierErrands::withdraw(const std::vector<std::shared_ptr<Waiting>>& mine) {
    for (const auto& waiting : mine) {
        if (waiting->begun) continue;
        waiting->begun = true;
        waiting->outcome = not_now("the applier is busy with a batch, and nothing was changed");
        queue_.erase(std::remove(queue_.begin(), queue_.end(), waiting), queue_.end());
    }
}

void ApplierErrands::open(std::shared_ptr<const CheckpointKeeper> checkpoints, std::function<void()> wake) {
    {
        const std::lock_guard lock(mutex_);
        writer_.emplace(Writer{std::move(checkpoints), std::move(wake)});
    }
    done_.notify_all();
}

void ApplierErrands::close() {
    {
        const std::lock_guard lock(mutex_);
        writer_.reset();
        for (const auto& waiting : queue_) {
            waiting->begun = true;
            waiting->outcome = not_now(no_session);
        }
        queue_.clear();
    }
    done_.notify_all();
}

std::shared_ptr<ApplierErrands::Waiting> ApplierErrands::next() {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return nullptr;
    auto waiting = std::move(queue_.front());
    queue_.pop_front();
    waiting->begun = true;
    ++begun_;
    return waiting;
}

void ApplierErrands::finish(Waiting& waiting, Status outcome) {
    {
        const std::lock_guard lock(mutex_);
        waiting.outcome = std::move(outcome);
    }
    done_.notify_all();
}

Status ApplierErrands::do_waiting(WarehouseSession& session) {
    std::optional<Writer> writer;
    {
        const std::lock_guard lock(mutex_);
        if (queue_.empty()) return success();
        writer = writer_;
    }
    const auto give_way_at = std::chrono::steady_clock::now() + time_between_batches;
    while (std::chrono::steady_clock::now() < give_way_at) {
        const auto waiting = next();
        if (waiting == nullptr) return success();
        bool session_is_good = true;
        Status outcome = do_one(session, *writer, waiting->errand, session_is_good);
        finish(*waiting, outcome);
        if (!session_is_good) return outcome.error().in("errand");
    }
    return success();
}

Status ApplierErrands::do_one(WarehouseSession& session, const Writer& writer, const Errand& errand,
                              bool& session_is_good) {
    session_is_good = false;
    WALFERRY_TRYV(session.begin());
    const Status worked = errand(session);
    if (!worked) {
        session.rollback();
        session_is_good = worked.error().kind != ErrorKind::Connection;
        return worked;
    }
    const Status held = writer.checkpoints->hold(session);
    const Status committed = held ? session.commit() : held;
    if (committed) {
        session_is_good = true;
        return success();
    }
    session.rollback();
    session_is_good = is_of_transaction(committed.error().kind);
    return committed;
}

}  // namespace walferry
