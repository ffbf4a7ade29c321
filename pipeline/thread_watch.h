#pragma once

#include <sys/types.h>

#include <chrono>
#include <ctime>
#include <map>
#include <string>
#include <vector>

/// Which of the threads that a pipeline stands on still move. A thread moves when it uses processor time, be
/// it ever so little: every loop here does, several times a second. One that uses none is all right while it
/// waits for something outside of the process: a server's answer (TCP keepalives end that), a disk. It stands
/// still when it waits for another thread, and that does not come: a deadlock, or a wake-up that was lost.
namespace walferry {

/// The calling thread is watched while this lives; only ever on the stack of that thread. Names it for `top
/// -H` and debuggers too, except the main thread, whose name is the process's.
class WatchedThread {
 public:
    explicit WatchedThread(const std::string& name);
    ~WatchedThread();
    WatchedThread(const WatchedThread&) = delete;
    WatchedThread& operator=(const WatchedThread&) = delete;
};

struct ThreadSight {
    std::string name;
    pid_t id = 0;
    std::chrono::nanoseconds processor_time{0};
    bool waits_for_thread = false;  ///< sleeps on a mutex, condition variable or join; false where unknown
};

/// All watched threads as they are now. Any thread.
std::vector<ThreadSight> look_at_threads();

/// Judges a series of sights. Not thread-safe.
class StandstillJudge {
 public:
    using Clock = std::chrono::steady_clock;

    /// `patience`: a thread may wait for another one so long, as it does for a slow warehouse commit of
    /// another session.
    explicit StandstillJudge(Clock::duration patience) : patience_(patience) {}

    /// The name of a thread that stands still; empty while there is none.
    std::string judge(const std::vector<ThreadSight>& sights, Clock::time_point now);

 private:
    struct Rest {
        std::chrono::nanoseconds processor_time;
        Clock::time_point since;
    };
    Clock::duration patience_;
    std::map<pid_t, Rest> resting_;
};

}  // namespace walferry
