#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/pg_cluster.h"

namespace walferry::testing {

enum class Sender { Client, Server };

/// One message of PostgreSQL's protocol on its way through the proxy.
struct WireMessage {
    int connection;  ///< counted from 1
    Sender sender;
    char type;          ///< 0: the start of a session, which has none
    std::string& body;  ///< without type and length; may be changed

    /// A simple query with this text; `text` may be its beginning only.
    bool is_query(const std::string& text) const {
        return sender == Sender::Client && type == 'Q' && body.starts_with(text);
    }
};

enum class Passage {
    Forward,
    Cut,             ///< the message is lost, and the connection with it
    CutAtCompletion  ///< it arrives, and the connection is lost in place of the CommandComplete that answers
                     ///< it
};

/// A TCP proxy before a server that knows where messages begin and end, and lets a test decide about each.
/// Connections through it must not be encrypted: url() sees to that.
class WireProxy {
 public:
    /// Called in the proxy's threads, one at a time.
    using Watch = std::function<Passage(const WireMessage&)>;

    explicit WireProxy(const PgCluster& server);
    ~WireProxy();
    WireProxy(const WireProxy&) = delete;
    WireProxy& operator=(const WireProxy&) = delete;

    std::string url(const std::string& database) const;
    /// From now on; empty: all is forwarded.
    void watch(Watch watch);
    /// While closed, new connections end at once.
    void set_open(bool open) { open_ = open; }
    void cut_all();

 private:
    struct Connection {
        int number = 0;
        int client = -1;
        int server = -1;
        std::atomic<bool> cut_at_completion = false;
        std::thread from_client, from_server;

        void cut();
        ~Connection();
    };

    void accept_connections();
    void carry(Connection& connection, Sender sender);
    Passage judge(const WireMessage& message);

    int server_port_;
    int port_ = 0;
    int listener_ = -1;
    std::atomic<bool> open_ = true;
    std::mutex watch_mutex_;
    Watch watch_;
    std::mutex connections_mutex_;
    std::list<Connection> connections_;  ///< also those that have ended
    std::thread acceptor_;
};

}  // namespace walferry::testing
