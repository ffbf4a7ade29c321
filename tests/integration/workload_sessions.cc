#include <chrono>
#include <limits>

#include "tests/integration/workload.h"

namespace walferry::testing {

Workload::Workload(const PgCluster& cluster, std::string database, WorkloadOptions options)
    : cluster_(cluster), database_(std::move(database)), options_(options) {
    for (int session = 0; session < options_.sessions; ++session)
        scripts_.emplace_back(options_.seed, session, options_.truncates, options_.large_rows);
}

Workload::~Workload() {
    stop();
}

void Workload::start() {
    stopping_ = false;
    for (std::size_t session = 0; session < scripts_.size(); ++session)
        threads_.emplace_back(
            [this, session] { run_session(session, std::numeric_limits<std::uint64_t>::max()); });
}

void Workload::stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void Workload::run(int transactions) {
    stopping_ = false;
    for (std::size_t session = 0; session < scripts_.size(); ++session)
        threads_.emplace_back([this, session, transactions] {
            run_session(session, static_cast<std::uint64_t>(transactions));
        });
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void Workload::run_session(std::size_t session, std::uint64_t transactions) {
    std::unique_ptr<pqxx::connection> connection;
    for (std::uint64_t done = 0; done < transactions && !stopping_; ++done) {
        const std::vector<std::string> statements = scripts_[session].next();
        try {
            if (!connection) {
                connection = cluster_.connect(database_);
                pqxx::nontransaction(*connection)
                    .exec("SET lock_timeout = '5s'; SET deadlock_timeout = '50ms'");
            }
            pqxx::nontransaction transaction(*connection);
            for (const std::string& statement : statements) transaction.exec(statement);
            ++committed_;
        } catch (const pqxx::broken_connection&) {
            ++failed_;
            connection.reset();
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        } catch (const std::exception& problem) {
            ++failed_;
            try {
                pqxx::nontransaction(*connection).exec("ROLLBACK");
            } catch (const std::exception&) {
                connection.reset();
            }
            const std::lock_guard lock(problem_mutex_);
            last_problem_ = problem.what();
        }
        if (options_.pause_ms) std::this_thread::sleep_for(std::chrono::milliseconds(options_.pause_ms));
    }
}

std::string Workload::last_problem() const {
    const std::lock_guard lock(problem_mutex_);
    return last_problem_;
}

void create_workload_tables(const PgCluster& cluster, const std::string& database) {
    cluster.create_database(database);
    cluster.exec(workload_tables_sql(), database);
}

}  // namespace walferry::testing
