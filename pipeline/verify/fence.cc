#include "pipeline/verify/fence.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "model/quote.h"

namespace walferry {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds running_interval{5};
constexpr std::chrono::milliseconds distant_interval{200};
/// After so long without any progress of the warehouse.
constexpr std::chrono::minutes patience{10};

/// Gives up once the position has stood still for too long.
class Standstill {
 public:
    Status see(std::uint64_t position) {
        const auto now = steady_clock::now();
        if (position != position_) since_ = now;
        position_ = position;
        if (now - since_ < patience) return success();
        return Error{ErrorKind::Busy,
                     fmt::format("the warehouse has stood at {} for {} minutes", to_string(Lsn{position}),
                                 patience.count()),
                     "`walferry status CONFIG` says why", ""};
    }

 private:
    std::uint64_t position_ = 0;
    steady_clock::time_point since_ = steady_clock::now();
};

class RunningFence : public Fence {
 public:
    RunningFence(std::function<std::shared_ptr<Progress>()> progress, GoOn go_on)
        : progress_(std::move(progress)), go_on_(std::move(go_on)) {}

    Result<bool> pass(Lsn position) override {
        Standstill standstill;
        for (;; std::this_thread::sleep_for(running_interval)) {
            WALFERRY_TRYV(go_on_());
            const std::shared_ptr<Progress> progress = progress_();
            const std::uint64_t durable = progress == nullptr ? 0 : progress->durable.load();
            if (progress != nullptr && durable >= position.value) return true;
            if (progress != nullptr) progress->raise_fence(position.value);
            WALFERRY_TRYV(standstill.see(durable));
        }
    }

 private:
    std::function<std::shared_ptr<Progress>()> progress_;
    GoOn go_on_;
};

class DistantFence : public Fence {
 public:
    explicit DistantFence(DistantParts parts) : parts_(std::move(parts)) {}

    Result<bool> pass(Lsn position) override {
        Standstill standstill;
        for (;; std::this_thread::sleep_for(distant_interval)) {
            WALFERRY_TRYV(parts_.go_on());
            WALFERRY_TRY(checkpoint, parts_.checkpoints.read(parts_.session));
            if (!checkpoint) return false;
            if (checkpoint->position >= position) return true;
            WALFERRY_TRY(slot, parts_.catalog.slot(parts_.slot));
            if (!slot) return false;
            if (!slot->active) return nothing_pending(checkpoint->position, position);
            WALFERRY_TRYV(standstill.see(checkpoint->position.value));
        }
    }

 private:
    /// Whether the slot has no change for the warehouse up to there: then the warehouse has all of it, though
    /// its checkpoint stands behind.
    Result<bool> nothing_pending(Lsn checkpoint, Lsn position) {
        const auto found = parts_.query.rows(fmt::format(
            "SELECT pg_catalog.encode(data, 'hex') FROM pg_catalog.pg_logical_slot_peek_binary_changes({}, "
            "{}, NULL, 'proto_version', '1', 'publication_names', {}) WHERE pg_catalog.get_byte(data, 0) IN "
            "(66, 68, 73, 84, 85)",
            quote_literal(parts_.slot), quote_literal(to_string(position)),
            quote_literal(quote_identifier(parts_.publication))));
        if (!found) {
            if (found.error().kind == ErrorKind::Connection || found.error().kind == ErrorKind::Cancelled)
                return found.error();
            return false;  // somebody has taken the slot, or the role may not
        }
        return is_all_applied(found.value(), checkpoint);
    }

    /// Transactions that committed before the checkpoint are sent again, and dropped.
    static bool is_all_applied(const TextRows& messages, Lsn checkpoint) {
        bool applied = true;
        for (const auto& row : messages) {
            const std::string& message = row.at(0).value();
            if (!message.starts_with("42")) {  // no Begin, but a change
                if (!applied) return false;
                continue;
            }
            const std::uint64_t commit = std::stoull(message.substr(2, 16), nullptr, 16);
            applied = commit < checkpoint.value;
        }
        return true;
    }

    DistantParts parts_;
};

}  // namespace

std::unique_ptr<Fence> make_running_fence(std::function<std::shared_ptr<Progress>()> progress, GoOn go_on) {
    return std::make_unique<RunningFence>(std::move(progress), std::move(go_on));
}

std::unique_ptr<Fence> make_distant_fence(DistantParts parts) {
    return std::make_unique<DistantFence>(std::move(parts));
}

}  // namespace walferry
