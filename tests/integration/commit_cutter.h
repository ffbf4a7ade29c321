#pragma once

#include <atomic>
#include <set>
#include <string>

#include "tests/integration/wire_proxy.h"

namespace walferry::testing {

/// Cuts one COMMIT on its way to a warehouse, and keeps the proxy closed from then on, so that a test can
/// look at what the warehouse has before walferry comes back.
class CommitCutter {
 public:
    explicit CommitCutter(WireProxy& proxy) : proxy_(proxy) {}
    ~CommitCutter() { proxy_.watch({}); }
    CommitCutter(const CommitCutter&) = delete;
    CommitCutter& operator=(const CommitCutter&) = delete;

    /// `how`: Cut or CutAtCompletion. Of the next transaction in which a statement holds this text.
    void arm(Passage how, std::string statement);
    bool has_cut() const { return has_cut_; }

 private:
    Passage judge(const WireMessage& message);

    WireProxy& proxy_;
    Passage how_ = Passage::Forward;
    std::string statement_;
    std::set<int> meant_;  ///< connections whose open transaction is the one
    std::atomic<bool> has_cut_ = false;
};

}  // namespace walferry::testing
