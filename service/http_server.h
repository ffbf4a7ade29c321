#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "config/config.h"
#include "config/listen_address.h"
#include "pipeline/dead_letter_desk.h"
#include "pipeline/live_counts.h"
#include "pipeline/pipeline_status.h"
#include "pipeline/resync/resync_desk.h"
#include "pipeline/verify/verify_desk.h"
#include "warehouse/warehouse.h"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace walferry {

class GuardedServer;

/// The service's HTTP side: /metrics, /healthz, /readyz, /api/v1/…, and the console at /. A bounded number of
/// threads and connections, bounded requests (guarded_server.h). What changes anything is a POST of JSON from
/// no other origin than the address that was asked, so that no page of somebody else's can send it.
///
/// The port may be taken, by an instance that this one waits to succeed, say: then it warns once and tries
/// again every second. It never shares a port silently.
class HttpServer {
 public:
    /// What is served; called from several threads at the same time.
    struct Content {
        std::function<StatusReport()> status;
        std::function<std::string()> metrics;
        /// Runs one query; the token asks to give up soon.
        std::function<Result<QueryResult>(const std::string& query, std::stop_token stop)> sql;
        /// Absent: without the routes of dead letters.
        std::function<DeadLetterDesk()> dead_letters = {};
        /// Likewise.
        std::function<ResyncDesk()> resyncs = {};
        /// Null: without the routes of comparisons.
        VerifyDesk* verify = nullptr;
        /// For the console; absent: it shows none.
        std::function<LiveCounts()> live_counts = {};
    };

    HttpServer(const HttpConfig& config, Content content);
    /// Ends running queries and waits for the threads.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// The port it listens on, once it does; 0 before.
    int port() const { return port_; }

 private:
    void serve(std::stop_token stop);
    bool bind(GuardedServer& server);
    std::unique_ptr<GuardedServer> make_server();
    bool admit(const httplib::Request& request, httplib::Response& response, GuardedServer& server) const;
    bool admit_access(const httplib::Request& request, httplib::Response& response) const;
    void answer_ready(httplib::Response& response) const;
    void answer_sql(const httplib::Request& request, httplib::Response& response) const;

    const HttpConfig config_;
    const ListenAddress listen_;
    const Content content_;
    std::atomic<int> port_{0};
    std::atomic<bool> ended_{false};
    bool warned_ = false;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::unique_ptr<GuardedServer> server_;  ///< guarded by mutex_ until it listens
    std::jthread thread_;
};

}  // namespace walferry
