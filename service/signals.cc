#include "service/signals.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace walferry {
namespace {

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    return signals;
}

const char* name_of(int number) {
    if (number == SIGHUP) return "SIGHUP";
    return number == SIGTERM ? "SIGTERM" : "SIGINT";
}

}  // namespace

StopSignals::StopSignals(std::stop_source stop, std::function<void()> hangup)
    : hangup_(std::move(hangup)), on_terminal_(::isatty(STDERR_FILENO) != 0) {
    const sigset_t signals = stop_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    thread_ = std::thread([this, stop = std::move(stop)] { wait(stop); });
}

StopSignals::~StopSignals() {
    ended_ = true;
    ::pthread_kill(thread_.native_handle(), SIGTERM);  // only wakes the thread: it is blocked everywhere
    thread_.join();
}

void StopSignals::wait(std::stop_source stop) const {
    const sigset_t signals = stop_signals();
    for (;;) {
        int number = 0;
        if (::sigwait(&signals, &number) != 0) continue;
        if (ended_) return;
        if (number == SIGHUP && !on_terminal_) {
            hangup_();
            continue;
        }
        if (stop.stop_requested()) ::_exit(1);
        spdlog::info("{}: stopping; a second one ends at once", name_of(number));
        stop.request_stop();
    }
}

}  // namespace walferry
