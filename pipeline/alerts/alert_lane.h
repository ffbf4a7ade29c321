#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "model/error.h"
#include "pipeline/alerts/alert_message.h"

namespace walferry {

/// The way of one alert's messages to whoever is told, with a thread of its own. They go one after the other;
/// the one that fails is tried again, for ever, with a back-off up to a minute. What is overtaken while it
/// waits is left out: an end that nobody was told of yet, of an alert that fires again. Thread-safe.
class AlertLane {
 public:
    /// Success only when the message was taken at the other end. Returns soon once `stop` is requested.
    using Deliver = std::function<Status(const AlertMessage& message, std::stop_token stop)>;

    /// `name` is for the log.
    AlertLane(std::string name, Deliver deliver);
    /// Ends at once, also in the middle of an attempt.
    ~AlertLane();

    void give(AlertMessage message);
    /// Ends the back-off; from now on a message that fails is the last one.
    void hurry();
    /// Waits until nothing is left to do, or for so long; tells which.
    bool wait_until_done(std::chrono::steady_clock::time_point deadline);

 private:
    void run(std::stop_token stop);
    bool gives_up(std::stop_token stop, const Error& error, bool hurried, std::chrono::milliseconds delay);

    const std::string name_;
    const Deliver deliver_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<AlertMessage> waiting_;
    bool delivering_ = false;  ///< the first of them is on its way
    bool hurried_ = false, gave_up_ = false;
    std::jthread thread_;
};

}  // namespace walferry
