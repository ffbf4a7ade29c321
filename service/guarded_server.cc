#include "service/guarded_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace walferry {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds read_wait_max{5'000};   ///< for the next bytes of a request
constexpr milliseconds write_wait_max{5'000};  ///< until a client takes the next bytes
constexpr milliseconds patience{500};          ///< with a request that is on its way while others wait
constexpr milliseconds look_interval{100};
constexpr milliseconds drain_time_max{1'000};
constexpr milliseconds refusal_wait_max{100};
constexpr std::size_t refusals_max = 512;
constexpr std::size_t buffer_bytes = 16 * 1024;
constexpr int backlog = 1024;

/// Whether this thread serves a request that counts as long work.
thread_local bool long_work = false;

bool ready(int socket, short events, milliseconds wait) {
    pollfd entry{socket, events, 0};
    return ::poll(&entry, 1, static_cast<int>(std::max<milliseconds::rep>(wait.count(), 0))) > 0;
}

void send_error(int socket, std::string_view status, std::string_view what) {
    const std::string body = fmt::format("{{\"error\":\"{}\"}}", what);
    const std::string answer = fmt::format(
        "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
        "Connection: close\r\n\r\n{}",
        status, body.size(), body);
    // It fits into what the kernel buffers; who does not take it is not waited for.
    [[maybe_unused]] const auto sent =
        ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void close_both_ways(int socket) {
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
}

/// The size of the body that a head announces; none when it says nothing that can be read.
std::size_t announced_bytes(std::string_view head) {
    constexpr std::string_view name = "content-length:";
    for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
        const std::string_view line = head.substr(at + 1);
        if (line.size() < name.size() || ::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
        return std::strtoull(std::string(line.substr(name.size(), 24)).c_str(), nullptr, 10);
    }
    return 0;
}

}  // namespace

/// The connections that are open, and the threads that serve them. The library hands each connection over
/// on the thread that accepts, which must not wait.
class GuardedServer::Connections : public httplib::TaskQueue {
    /// Whether it can be told that a connection was not taken depends on the library's version.
    using Taken = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));

 public:
    Taken enqueue(std::function<void()> admit) override {
        admit();
        return static_cast<Taken>(true);
    }
    void shutdown() override {
        closing_ = true;
        pool_.shutdown();
        refusals_.shutdown();
    }

    void admit(socket_t socket, GuardedServer& server) {
        if (open_ >= connections_max) return refuse(socket);
        ++open_;
        ++waiting_;
        pool_.enqueue([this, socket, &server] {
            --waiting_;
            server.serve(socket, *this);
            --open_;
        });
    }
    /// Whether a thread that waits for its client should be given to another one.
    bool crowded() const { return waiting_ > 0 || closing_; }
    bool closing() const { return closing_; }

 private:
    /// Waits a little for the request: closing with unread bytes would take the answer from the client.
    void refuse(socket_t socket) {
        if (refusing_ >= refusals_max) return answer_refusal(socket);
        ++refusing_;
        refusals_.enqueue([this, socket, until = Clock::now() + refusal_wait_max] {
            const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
            if (!closing_) ready(socket, POLLIN, left);
            answer_refusal(socket);
            --refusing_;
        });
    }
    static void answer_refusal(socket_t socket) {
        std::array<char, buffer_bytes> request;
        [[maybe_unused]] const auto size = ::recv(socket, request.data(), request.size(), MSG_DONTWAIT);
        send_error(socket, "503 Service Unavailable\r\nRetry-After: 1",
                   "too many requests at once; try again");
        close_both_ways(socket);
    }

    std::atomic<std::size_t> open_{0};
    std::atomic<std::size_t> waiting_{0};
    std::atomic<std::size_t> refusing_{0};
    std::atomic<bool> closing_{false};
    httplib::ThreadPool refusals_{1};
    httplib::ThreadPool pool_{threads};
};

/// A connection as the library reads and writes it, with the limits.
class GuardedServer::RequestStream : public httplib::Stream {
 public:
    RequestStream(socket_t socket, const Connections& connections)
        : socket_(socket), connections_(connections) {}

    bool is_readable() const override { return from_ < to_ || ready(socket_, POLLIN, read_wait_max); }
    bool is_writable() const override {
        char byte = 0;
        return ready(socket_, POLLOUT, write_wait_max) &&
               ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
    }
    ssize_t read(char* data, std::size_t size) override {
        if (from_ == to_ && !fill()) return problem_ == Problem::None ? 0 : -1;
        const std::size_t taken = std::min(size, to_ - from_);
        std::copy_n(buffer_.data() + from_, taken, data);
        from_ += taken;
        return static_cast<ssize_t>(taken);
    }
    ssize_t write(const char* data, std::size_t size) override {
        // The library answers 400 to what it could not read; `finish` knows better.
        if (problem_ != Problem::None) return static_cast<ssize_t>(size);
        answered_ = true;
        if (!ready(socket_, POLLOUT, write_wait_max)) return -1;
        return ::send(socket_, data, size, MSG_NOSIGNAL);
    }
    void get_remote_ip_and_port(std::string&, int&) const override {}
    void get_local_ip_and_port(std::string&, int&) const override {}
    socket_t socket() const override { return socket_; }

    /// Answers where the library had no request to answer, and lets the client see the answer.
    void finish() {
        if (!answered_ && problem_ == Problem::Slow)
            send_error(socket_, "408 Request Timeout", "the request did not arrive in time");
        if (!answered_ && problem_ == Problem::LargeHead)
            send_error(socket_, "431 Request Header Fields Too Large",
                       "the head of the request is too large");
        if (!whole()) drain();
    }

 private:
    enum class Problem { None, Slow, LargeHead };

    /// Reads what has come, waiting for it; false at the end and for a problem.
    bool fill() {
        if (!head_whole_ && head_.size() > head_bytes_max) problem_ = Problem::LargeHead;
        if (problem_ != Problem::None || !wait()) return false;
        const ssize_t size = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
        if (size <= 0) return false;
        from_ = 0;
        to_ = static_cast<std::size_t>(size);
        if (head_.empty() && !head_whole_) replace_unknown_method();
        account({buffer_.data(), to_});
        return true;
    }
    /// Methods that the library does not know it takes for requests that can't be read. PUT, which no route
    /// has, gets the answer that they should get: 405.
    void replace_unknown_method() {
        constexpr std::string_view known = " GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH ";
        constexpr std::string_view other = "PUT";
        const std::string_view data(buffer_.data(), to_);
        const std::string_view method = data.substr(0, data.find(' '));
        const bool is_word = std::all_of(method.begin(), method.end(),
                                         [](char letter) { return letter >= 'A' && letter <= 'Z'; });
        if (method.size() == data.size() || method.size() < other.size() || !is_word) return;
        if (known.find(fmt::format(" {} ", method)) != std::string_view::npos) return;
        from_ = method.size() - other.size();
        std::copy(other.begin(), other.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(from_));
    }
    bool wait() {
        const Clock::time_point from = Clock::now();
        for (Clock::time_point now = from;; now = Clock::now()) {
            if (ready(socket_, POLLIN, now == from ? milliseconds{0} : look_interval)) return true;
            const bool in_the_way =
                connections_.closing() || (connections_.crowded() && now - begun_ > patience);
            if (in_the_way || now - from > read_wait_max || now - begun_ > request_time_max) break;
        }
        problem_ = Problem::Slow;
        return false;
    }
    /// Follows where the head ends, and how much of the body has come.
    void account(std::string_view data) {
        if (head_whole_) {
            body_bytes_ += data.size();
            return;
        }
        const std::size_t before = head_.size();
        head_ += data;
        const std::size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
        if (end == std::string::npos) return;
        head_whole_ = true;
        body_bytes_ = head_.size() - end - 4;
        body_announced_ = announced_bytes(std::string_view(head_).substr(0, end));
        head_ = {};
    }
    bool whole() const { return head_whole_ && body_bytes_ >= body_announced_; }
    void drain() {
        ::shutdown(socket_, SHUT_WR);
        const Clock::time_point from = Clock::now();
        for (Clock::time_point now = from; now - from < drain_time_max; now = Clock::now()) {
            if (!ready(socket_, POLLIN, look_interval)) {
                if (connections_.crowded()) return;
                continue;
            }
            if (::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT) <= 0) return;
        }
    }

    const socket_t socket_;
    const Connections& connections_;
    const Clock::time_point begun_ = Clock::now();
    std::array<char, buffer_bytes> buffer_;
    std::size_t from_ = 0;
    std::size_t to_ = 0;
    std::string head_;  ///< until it is whole
    bool head_whole_ = false;
    std::size_t body_announced_ = 0;
    std::size_t body_bytes_ = 0;
    bool answered_ = false;
    Problem problem_ = Problem::None;
};

namespace {

/// The library's versions differ in whether the addresses are arguments.
template <class Process>
void call(Process process, httplib::Stream& stream) {
    bool closed = false;
    if constexpr (requires { process(stream, true, closed, nullptr); }) {
        process(stream, true, closed, nullptr);
    } else {
        process(stream, "", 0, "", 0, true, closed, nullptr);
    }
}

}  // namespace

GuardedServer::GuardedServer() {
    new_task_queue = [this] { return connections_ = new Connections; };
}

void GuardedServer::widen_backlog() {
    ::listen(svr_sock_, backlog);
}

bool GuardedServer::begin_long_work() {
    if (++long_works_ <= long_works_max) return long_work = true;
    --long_works_;
    return false;
}

bool GuardedServer::process_and_close_socket(socket_t socket) {
    connections_->admit(socket, *this);
    return true;
}

void GuardedServer::serve(socket_t socket, const Connections& connections) {
    RequestStream stream(socket, connections);
    call(
        [this](auto&&... arguments) -> decltype(process_request(
                                        std::forward<decltype(arguments)>(arguments)...)) {
            return process_request(std::forward<decltype(arguments)>(arguments)...);
        },
        stream);
    if (std::exchange(long_work, false)) --long_works_;
    stream.finish();
    close_both_ways(socket);
}

}  // namespace walferry
