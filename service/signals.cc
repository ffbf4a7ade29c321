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
    return signals;
}

}  // namespace

StopSignals::StopSignals(std::stop_source stop) {
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
        if (stop.stop_requested()) ::_exit(1);
        spdlog::info("{}: stopping; a second one ends at once", number == SIGTERM ? "SIGTERM" : "SIGINT");
        stop.request_stop();
    }
}

}  // namespace walferry
