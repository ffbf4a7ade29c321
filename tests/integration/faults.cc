#include "tests/integration/faults.h"

#include <fmt/format.h>

#include <stdexcept>
#include <thread>

namespace walferry::testing {
namespace {

using std::chrono::milliseconds;

/// All sessions in a database that are not the test's own.
std::string end_sessions(const std::string& database) {
    return "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type IN ('client "
           "backend', 'walsender') "
           "AND application_name <> 'walferry_test' AND datname = '" +
           database + "'";
}

}  // namespace

std::string to_string(Fault fault) {
    switch (fault) {
        case Fault::KillFerry:
            return "SIGKILL of walferry";
        case Fault::StopFerry:
            return "SIGTERM of walferry";
        case Fault::FreezeFerry:
            return "SIGSTOP of walferry";
        case Fault::EndWalsender:
            return "end of the walsender";
        case Fault::EndSourceSessions:
            return "end of all sessions at the source";
        case Fault::EndWarehouseSessions:
            return "end of all sessions in the warehouse";
        case Fault::CrashSource:
            return "crash of the source";
        case Fault::CrashWarehouse:
            return "crash of the warehouse";
    }
    return "?";
}

FaultInjector::FaultInjector(std::uint64_t seed, Ferry& ferry, PgCluster& source, PgCluster* warehouse)
    : random_(seed), ferry_(ferry), source_(source), warehouse_(warehouse) {}

Fault FaultInjector::choose() {
    const std::uint64_t dice = below(random_, 100);
    if (dice < 40) return Fault::KillFerry;
    if (dice < 45) return Fault::StopFerry;
    if (dice < 52) return Fault::FreezeFerry;
    if (dice < 64) return Fault::EndWalsender;
    if (dice < 72) return Fault::EndSourceSessions;
    if (dice < 80) return Fault::CrashSource;
    if (!warehouse_) return Fault::KillFerry;
    return dice < 92 ? Fault::EndWarehouseSessions : Fault::CrashWarehouse;
}

/// Before its first word walferry has not taken SIGTERM over yet, and simply dies of it.
void FaultInjector::start_ferry() {
    const std::size_t said = ferry_.log().size();
    ferry_.start();
    eventually([&] { return ferry_.log().size() > said || !ferry_.running(); });
}

void FaultInjector::inflict(Fault fault) {
    switch (fault) {
        case Fault::KillFerry:
            ferry_.kill();
            return start_ferry();
        case Fault::StopFerry:
            if (const Exit exit = ferry_.stop(); exit != Exit{0, 0})
                throw std::runtime_error(
                    fmt::format("SIGTERM ended walferry with {} (signal {})", exit.code, exit.signal));
            return start_ferry();
        case Fault::FreezeFerry:
            ferry_.process().signal(SIGSTOP);
            std::this_thread::sleep_for(milliseconds(200 + below(random_, 1500)));
            return ferry_.process().signal(SIGCONT);
        case Fault::EndWalsender:
            source_.exec(
                "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT "
                "NULL");
            return;
        case Fault::EndSourceSessions:
            source_.exec(end_sessions(ferry_.source().name));
            return;
        case Fault::EndWarehouseSessions:
            warehouse_->exec(end_sessions("warehouse"));
            return;
        case Fault::CrashSource:
            return source_.restart(StopMode::Immediate);
        case Fault::CrashWarehouse:
            return warehouse_->restart(StopMode::Immediate);
    }
}

void FaultInjector::check_invariants() const {
    if (!warehouse_) return;
    const std::string slot = ferry_.slot("confirmed_flush_lsn");
    if (slot.empty() || ferry_.warehouse_value("SELECT to_regclass('walferry.checkpoint')").empty()) return;
    const std::string checkpoint = ferry_.warehouse_value("SELECT lsn FROM walferry.checkpoint");
    if (checkpoint == "0/0") return;  // the slot has just been made, and nothing was streamed from it
    if (ferry_.warehouse_value("SELECT '" + slot + "'::pg_lsn <= '" + checkpoint + "'::pg_lsn") != "t")
        throw std::runtime_error("the slot is at " + slot + ", ahead of the checkpoint " + checkpoint);
}

void FaultInjector::strike() {
    const std::uint64_t peace_ms_max = below(random_, 4) == 0 ? 1500 : 300;
    std::this_thread::sleep_for(milliseconds(below(random_, peace_ms_max)));
    if (!ferry_.running()) throw std::runtime_error("walferry ended by itself; the last fault was: " + last_);
    const Fault fault = choose();
    last_ = to_string(fault);
    ++counts_[last_];
    inflict(fault);
    check_invariants();
}

}  // namespace walferry::testing
