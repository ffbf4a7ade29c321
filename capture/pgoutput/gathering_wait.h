#pragma once

#include <chrono>
#include <cstddef>

namespace walferry {

/// How a reader waits on a walsender's socket. One thread.
///
/// A walsender sends every row by itself. Where the reader sleeps in poll, each of these sends also wakes it
/// up, and within one machine the kernel then spends more time on a row than PostgreSQL does, in the
/// walsender's own time. So while much comes in, this waits a few milliseconds without looking at the socket;
/// and it keeps the receive window of a local TCP peer small, so that what is sent meanwhile gathers in the
/// sender's buffer, where appending a row is cheap, and goes out in large pieces
/// (docs/decisions/0010-let-the-stream-gather.md has the measurement). While little comes in, and for peers
/// on other machines, it is a plain poll.
class GatheringWait {
 public:
    /// `socket` is connected; finds out where the peer is, and limits the window.
    explicit GatheringWait(int socket);

    /// So much was received.
    void received(std::size_t bytes) { received_bytes_ += bytes; }

    /// Until the socket may be readable, `wake` is (-1: there is none), or the time has passed. May return
    /// early.
    void wait(int wake, std::chrono::milliseconds time_max);

 private:
    int socket_;
    std::chrono::microseconds gather_time_{0};  ///< 0: never
    std::size_t received_bytes_ = 0;            ///< since the last wait
};

}  // namespace walferry
