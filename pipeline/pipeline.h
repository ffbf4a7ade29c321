#pragma once

#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "config/config.h"
#include "pipeline/applier_errands.h"
#include "pipeline/config_exchange.h"
#include "pipeline/dead_letter_desk.h"
#include "pipeline/metrics.h"
#include "pipeline/pipeline_status.h"
#include "pipeline/resync/resync_board.h"
#include "pipeline/resync/resync_desk.h"
#include "pipeline/verify/verify_desk.h"
#include "warehouse/warehouse.h"

namespace walferry {

class OutboxRelay;

/// A pipeline as a service runs it: one session after the other, with back-off between them while the failure
/// is one that can heal, for ever.
class Pipeline {
 public:
    explicit Pipeline(Config config);

    struct Options {
        bool until_caught_up = false;
        /// Returns when no resync is open any more and all is caught up.
        bool until_resynced = false;
    };
    /// Returns when stopped, caught up or resynced (success), or with an error that a person must resolve.
    Status run(std::stop_token stop, Options options);

    /// As of now: `reload` makes another one current.
    const Config& config() const { return exchange_.current(); }
    /// Goes on under another configuration, which differs in reloadable keys only (config_changes.h). Any
    /// thread.
    void reload(Config next) { exchange_.offer(std::move(next)); }
    ConfigExchange::Offer newest_reload() const { return exchange_.newest_offer(); }
    StatusReport status() const;
    std::string metrics_text() const { return metrics_.text(); }
    LiveCounts live_counts() const { return metrics_.live_counts(); }
    /// A session of the warehouse for queries of users; null kind Busy while it is not open.
    Result<std::unique_ptr<WarehouseSession>> query_session();
    /// The same for what can wait a moment: a service that has just started opens it soon.
    Result<std::unique_ptr<WarehouseSession>> query_session_soon();
    /// The pipeline's dead letters; what is changed there, the applier's thread changes.
    DeadLetterDesk dead_letters();
    /// The pipeline's resyncs, likewise.
    ResyncDesk resyncs();
    /// Comparisons of source and warehouse.
    VerifyDesk& verify() { return verify_; }

 private:
    Result<std::shared_ptr<Warehouse>> warehouse();
    SingleWriter writer();
    Verifier::Parts verify_parts();
    Status run_sessions(std::stop_token stop, Options options, OutboxRelay* outbox);

    ConfigExchange exchange_;
    StatusBoard board_;
    ResyncBoard resync_board_;
    Metrics metrics_;
    ApplierErrands errands_;
    VerifyDesk verify_;
    std::mutex mutex_;
    std::shared_ptr<Warehouse> warehouse_;
};

/// The warehouse that a configuration names, opened.
Result<std::unique_ptr<Warehouse>> open_warehouse(const Config& config, bool read_only);
/// A PostgreSQL warehouse for queries over HTTP: read-only, as `http.sql_role` where there is one.
std::unique_ptr<Warehouse> open_query_warehouse(const Config& config);

}  // namespace walferry
