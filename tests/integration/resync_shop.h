#pragma once

#include <string>
#include <vector>

#include "tests/integration/shop.h"

namespace walferry::testing {

/// A shop whose warehouse tests damage by hand, and its resyncs.
struct ResyncShop : Shop {
    explicit ResyncShop(Target of_target, FerryOptions options = {});

    /// The tables, copied; nothing runs then.
    void set_up(const std::string& statements) const;
    /// `walferry run`, caught up.
    void serve();
    /// Ends it clean once it has caught up.
    void close();
    /// In the warehouse. DuckDB: while nothing runs.
    void damage(const std::string& statements) const;
    /// `walferry resync CONFIG ARGUMENTS…`.
    Completed resync(const std::vector<std::string>& arguments,
                     std::chrono::milliseconds timeout = std::chrono::seconds(120)) const;
    /// The same, not waited for.
    Process begin_resync(std::vector<std::string> arguments) const;
    /// `id:table:state` of each, newest first.
    std::string listed() const;
    /// Waits until an open resync is in this state.
    bool one_is(const std::string& state) const;

    const Target target;
};

}  // namespace walferry::testing
