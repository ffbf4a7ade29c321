#pragma once

#include <httplib.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace walferry::testing {

/// A webhook: an HTTP server that keeps what it takes, and that fails or hangs when told to.
class Hook {
 public:
    struct Delivery {
        nlohmann::json row;
        std::string body;
        std::string signature;
    };

    Hook();
    ~Hook();
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

    std::string url() const;
    /// Answers 503 from now on, or takes again.
    void fail(bool fails) { fails_ = fails; }
    /// Answers nothing until released; then 503.
    void hang(bool hangs) { hangs_ = hangs; }
    int hanging() const { return hanging_; }
    int refused() const { return refused_; }

    std::vector<Delivery> deliveries() const;
    /// Ids in the order of their first arrival.
    std::vector<std::int64_t> ids() const;

 private:
    void answer(const httplib::Request& request, httplib::Response& response);

    httplib::Server server_;
    int port_ = 0;
    std::atomic<bool> fails_ = false, hangs_ = false, ends_ = false;
    std::atomic<int> hanging_ = 0, refused_ = 0;
    mutable std::mutex mutex_;
    std::vector<Delivery> deliveries_;
    std::thread thread_;
};

}  // namespace walferry::testing
