#include "tests/integration/wire_proxy.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "model/byte_order.h"

namespace walferry::testing {
namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

int connect_to(int port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return descriptor;
    ::close(descriptor);
    return -1;
}

void send_at_once(int descriptor) {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool read_exactly(int from, char* bytes, std::size_t count) {
    while (count > 0) {
        const ssize_t got = ::recv(from, bytes, count, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes += got;
        count -= static_cast<std::size_t>(got);
    }
    return true;
}

bool write_all(int to, const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t sent = ::send(to, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        done += static_cast<std::size_t>(sent);
    }
    return true;
}

/// Type (but for the start of a session), int32 length that counts itself, body.
bool read_message(int from, bool typed, char& type, std::string& body) {
    char length[4];
    type = 0;
    if (typed && !read_exactly(from, &type, 1)) return false;
    if (!read_exactly(from, length, sizeof length)) return false;
    const auto bytes = load_big_endian<std::uint32_t>(length);
    if (bytes < sizeof length) return false;
    body.resize(bytes - sizeof length);
    return read_exactly(from, body.data(), body.size());
}

bool write_message(int to, char type, const std::string& body) {
    char length[4];
    store_big_endian(length, static_cast<std::uint32_t>(body.size() + sizeof length));
    std::string message;
    if (type != 0) message += type;
    message.append(length, sizeof length).append(body);
    return write_all(to, message);
}

}  // namespace

void WireProxy::Connection::cut() {
    ::shutdown(client, SHUT_RDWR);
    ::shutdown(server, SHUT_RDWR);
}

WireProxy::Connection::~Connection() {
    cut();
    if (from_client.joinable()) from_client.join();
    if (from_server.joinable()) from_server.join();
    ::close(client);
    ::close(server);
}

WireProxy::WireProxy(const PgCluster& server) : server_port_(server.port()), port_(free_port()) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port_);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 16) != 0)
        throw std::runtime_error("the proxy can't listen");
    acceptor_ = std::thread([this] { accept_connections(); });
}

WireProxy::~WireProxy() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
}

std::string WireProxy::url(const std::string& database) const {
    return fmt::format("postgresql://postgres@127.0.0.1:{}/{}?sslmode=disable&gssencmode=disable", port_,
                       database);
}

void WireProxy::watch(Watch watch) {
    const std::lock_guard lock(watch_mutex_);
    watch_ = std::move(watch);
}

void WireProxy::cut_all() {
    const std::lock_guard lock(connections_mutex_);
    for (Connection& connection : connections_) connection.cut();
}

void WireProxy::accept_connections() {
    for (int number = 1;; ++number) {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        const int server = open_ ? connect_to(server_port_) : -1;
        if (server < 0) {
            ::close(client);
            continue;
        }
        send_at_once(client);
        send_at_once(server);
        const std::lock_guard lock(connections_mutex_);
        Connection& connection = connections_.emplace_back();
        connection.number = number;
        connection.client = client;
        connection.server = server;
        connection.from_client = std::thread([this, &connection] { carry(connection, Sender::Client); });
        connection.from_server = std::thread([this, &connection] { carry(connection, Sender::Server); });
    }
}

Passage WireProxy::judge(const WireMessage& message) {
    const std::lock_guard lock(watch_mutex_);
    return watch_ ? watch_(message) : Passage::Forward;
}

void WireProxy::carry(Connection& connection, Sender sender) {
    const int from = sender == Sender::Client ? connection.client : connection.server;
    const int to = sender == Sender::Client ? connection.server : connection.client;
    bool typed = sender == Sender::Server;
    char type = 0;
    std::string body;
    while (read_message(from, typed, type, body)) {
        typed = true;
        if (sender == Sender::Server && type == 'C' && connection.cut_at_completion) break;
        const Passage passage = judge({connection.number, sender, type, body});
        if (passage == Passage::Cut) break;
        if (passage == Passage::CutAtCompletion) connection.cut_at_completion = true;
        if (!write_message(to, type, body)) break;
    }
    connection.cut();
}

}  // namespace walferry::testing
