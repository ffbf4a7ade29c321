#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/workload_tables.h"
#include "tests/support/pg_cluster.h"

namespace walferry::testing {

/// The transactions of one session, one after another: a function of the seed and the session's number alone.
/// Most of them touch keys of the session's own; some meet those of others.
class TransactionScript {
 public:
    TransactionScript(std::uint64_t seed, int session, bool truncates, int large_rows);

    /// Statements from BEGIN to COMMIT or ROLLBACK.
    std::vector<std::string> next();

 private:
    using Statements = std::vector<std::string>;

    void change(Statements& out);
    void change_keyed(Statements& out);
    void change_wide(Statements& out);
    void change_full(Statements& out);
    void change_parted(Statements& out);
    void change_exotic(Statements& out);
    void change_weird(Statements& out);
    void change_counters(Statements& out);
    void swap_keys(Statements& out);
    void shift_keys(Statements& out);
    void insert_delete_insert(Statements& out);
    void nest(Statements& out);
    void truncate(Statements& out);
    void bulk(Statements& out, std::uint64_t rows);

    int own_id();
    std::string text(const char* kind);
    std::string big_text();

    Random random_;
    int session_;
    bool truncates_;
    int large_rows_;
    int count_ = 0;
};

struct WorkloadOptions {
    std::uint64_t seed = 1;
    int sessions = 3;
    bool truncates = true;
    int large_rows = 20'000;  ///< rows of the one large transaction of session 0; 0: none
    int pause_ms = 0;         ///< between two transactions of a session
};

/// Sessions that run their scripts at once, each in a thread. A lost connection is made anew for as long as
/// it takes.
class Workload {
 public:
    Workload(const PgCluster& cluster, std::string database, WorkloadOptions options);
    ~Workload();

    /// Every session goes on until stop().
    void start();
    /// Waits for the running transactions.
    void stop();
    /// Every session does `transactions` more, then this returns.
    void run(int transactions);

    std::uint64_t committed() const { return committed_; }
    std::uint64_t failed() const {
        return failed_;
    }  ///< rolled back by an error: deadlock, duplicate key, lost connection

    std::string last_problem() const;

 private:
    void run_session(std::size_t session, std::uint64_t transactions);

    const PgCluster& cluster_;
    std::string database_;
    WorkloadOptions options_;
    std::vector<TransactionScript> scripts_;
    std::vector<std::thread> threads_;
    mutable std::mutex problem_mutex_;
    std::string last_problem_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> committed_ = 0;
    std::atomic<std::uint64_t> failed_ = 0;
};

/// A fresh database with the workload's tables.
void create_workload_tables(const PgCluster& cluster, const std::string& database);

}  // namespace walferry::testing
