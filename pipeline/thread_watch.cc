#include "pipeline/thread_watch.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <utility>

namespace walferry {
namespace {

struct Watched {
    std::string name;
    clockid_t clock;
};

struct Register {
    std::mutex mutex;
    std::map<pid_t, Watched> threads;
};

/// Threads belong to the process, so does the register.
Register& watched_threads() {
    static Register threads;
    return threads;
}

/// proc_pid_syscall(5): the number of the call that the thread sleeps in, or "running".
bool sleeps_on_futex(pid_t thread) {
    std::ifstream file(fmt::format("/proc/self/task/{}/syscall", thread));
    long number = -1;
    return file >> number && number == SYS_futex;
}

}  // namespace

WatchedThread::WatchedThread(const std::string& name) {
    clockid_t clock{};
    if (::pthread_getcpuclockid(::pthread_self(), &clock) != 0) return;
    if (::gettid() != ::getpid()) ::pthread_setname_np(::pthread_self(), name.c_str());
    Register& all = watched_threads();
    const std::lock_guard lock(all.mutex);
    all.threads[::gettid()] = Watched{name, clock};
}

WatchedThread::~WatchedThread() {
    Register& all = watched_threads();
    const std::lock_guard lock(all.mutex);
    all.threads.erase(::gettid());
}

std::vector<ThreadSight> look_at_threads() {
    std::vector<ThreadSight> sights;
    Register& all = watched_threads();
    const std::lock_guard lock(all.mutex);
    for (const auto& [id, watched] : all.threads) {
        timespec used{};
        if (::clock_gettime(watched.clock, &used) != 0) continue;
        sights.push_back({watched.name, id,
                          std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec),
                          sleeps_on_futex(id)});
    }
    return sights;
}

std::string StandstillJudge::judge(const std::vector<ThreadSight>& sights, Clock::time_point now) {
    std::map<pid_t, Rest> resting;
    std::string stuck;
    for (const ThreadSight& sight : sights) {
        if (!sight.waits_for_thread) continue;
        const auto before = resting_.find(sight.id);
        const bool rested = before != resting_.end() && before->second.processor_time == sight.processor_time;
        const Rest rest = rested ? before->second : Rest{sight.processor_time, now};
        resting.emplace(sight.id, rest);
        if (now - rest.since >= patience_) stuck = sight.name;
    }
    resting_ = std::move(resting);
    return stuck;
}

}  // namespace walferry
