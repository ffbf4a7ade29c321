#pragma once

#include <map>
#include <random>
#include <string>

#include "tests/integration/ferry.h"
#include "tests/integration/workload.h"

namespace walferry::testing {

enum class Fault {
    KillFerry,          ///< SIGKILL, and a new run
    StopFerry,          ///< SIGTERM, and a new run
    FreezeFerry,        ///< SIGSTOP for a while
    EndWalsender,       ///< pg_terminate_backend of what streams the slot
    EndSourceSessions,  ///< of all sessions of walferry at the source
    EndWarehouseSessions,
    CrashSource,     ///< immediate shutdown and start of the server
    CrashWarehouse,  ///< the same
};
std::string to_string(Fault fault);

/// Does harm to a running pipeline, one fault after another, chosen by a seed. Make and use it in the main
/// thread, for it starts processes.
class FaultInjector {
 public:
    /// `warehouse` is null for DuckDB.
    FaultInjector(std::uint64_t seed, Ferry& ferry, PgCluster& source, PgCluster* warehouse);

    /// One fault, after a random short time of peace. Throws when walferry has ended by itself, or when an
    /// invariant that is visible from outside does not hold.
    void strike();

    const std::map<std::string, int>& counts() const { return counts_; }

 private:
    Fault choose();
    void inflict(Fault fault);
    void start_ferry();
    void check_invariants() const;

    Random random_;
    Ferry& ferry_;
    PgCluster& source_;
    PgCluster* warehouse_;
    std::map<std::string, int> counts_;
    std::string last_;
};

}  // namespace walferry::testing
