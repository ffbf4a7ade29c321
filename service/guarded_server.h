#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstddef>

namespace walferry {

/// httplib's server, for clients that nobody vouches for. By itself it reads a head of any length for as long
/// as somebody sends it, and each connection holds one of few threads. Here:
/// - `connections_max` are open; what comes beyond is answered 503 at once. Those that wait for a thread
/// count.
/// - Who is slow to send its request makes room, 408, as soon as others wait; at last after
/// `request_time_max`.
/// - A head has `head_bytes_max`; a larger one is answered 431.
/// - What a client still sends of a request that was answered early is read away for a while: closing at once
///   would take the answer from it.
/// - Of requests that take long only some are served at a time, so that threads are left for others.
/// One request a connection.
class GuardedServer : public httplib::Server {
 public:
    GuardedServer();

    /// Lets more connections wait to be accepted than the library does; after it was bound.
    void widen_backlog();
    /// For a request that may take long, on the thread that serves it: whether it may go on. It counts until
    /// it has been answered.
    bool begin_long_work();

    static constexpr std::size_t threads = 32;
    static constexpr std::size_t long_works_max = 8;
    static constexpr std::size_t connections_max = 256;
    static constexpr std::size_t head_bytes_max = 64 * 1024;
    static constexpr std::chrono::milliseconds request_time_max{30'000};

 private:
    class Connections;
    class RequestStream;

    bool process_and_close_socket(socket_t socket) override;
    void serve(socket_t socket, const Connections& connections);

    std::atomic<std::size_t> long_works_{0};
    Connections* connections_ = nullptr;  ///< while it listens; owned by the library
};

}  // namespace walferry
