#include "pipeline/delivery/webhook_client.h"

#include <fmt/format.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "config/webhook_url.h"

namespace walferry {

namespace {

/// What a server says beside its status is not read any further than this.
constexpr std::uint64_t answer_bytes_max = 64u << 10;

std::unique_ptr<httplib::ClientImpl> make_client(const WebhookUrl& url) {
    if (url.tls) return std::make_unique<httplib::SSLClient>(url.host, url.port);
    return std::make_unique<httplib::ClientImpl>(url.host, url.port);
}

Error failed(std::string what) {
    return Error{ErrorKind::Connection, std::move(what), "", ""};
}

}  // namespace

std::string webhook_signature(std::string_view secret, std::string_view body) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &size);
    std::string text = "sha256=";
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
}

/// A connection that is kept between requests, and that another thread may cut: also while it is made, and in
/// the middle of a TLS handshake, where the library's own `stop` does not reach.
class WebhookClient::Connection {
 public:
    Connection(WebhookUrl to, std::chrono::milliseconds time_max)
        : url(std::move(to)), client(make_client(url)) {
        // The library's timeouts are for each read and write, so a server that sends byte after byte passes
        // them: they only stand behind the clock of `post`.
        time_max += std::chrono::seconds(5);
        client->set_connection_timeout(time_max);
        client->set_read_timeout(time_max);
        client->set_write_timeout(time_max);
        client->set_keep_alive(true);
        client->set_tcp_nodelay(true);
        client->set_socket_options([this](int socket) { watch(socket); });
    }
    ~Connection() { watch(-1); }

    /// Until `allow`, what is connected or gets connected ends at once.
    void cut() {
        const std::lock_guard lock(mutex_);
        cut_ = true;
        if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
    }
    void allow() {
        const std::lock_guard lock(mutex_);
        cut_ = false;
    }

    const WebhookUrl url;
    const std::unique_ptr<httplib::ClientImpl> client;

 private:
    /// Holds a duplicate: the library closes its own, and the number could then be somebody else's.
    void watch(int socket) {
        const std::lock_guard lock(mutex_);
        if (socket_ >= 0) ::close(socket_);
        socket_ = socket >= 0 ? ::fcntl(socket, F_DUPFD_CLOEXEC, 0) : -1;
        if (cut_ && socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
    }

    std::mutex mutex_;
    int socket_ = -1;
    bool cut_ = false;
};

WebhookClient::WebhookClient(Options options)
    : options_(std::move(options)),
      connection_(std::make_unique<Connection>(parse_webhook_url(options_.url).value_or(WebhookUrl{}),
                                               options_.time_max)) {}

WebhookClient::~WebhookClient() = default;

std::string WebhookClient::name() const {
    return fmt::format("webhook {}:{}", connection_->url.host, connection_->url.port);
}

Status WebhookClient::post(const std::string& body, std::stop_token stop) {
    httplib::Request request;
    request.method = "POST";
    request.path = connection_->url.target;
    request.body = body;
    request.set_header("Content-Type", "application/json");
    request.set_header("User-Agent", "walferry");
    if (!options_.secret.empty())
        request.set_header("X-Walferry-Signature", webhook_signature(options_.secret, request.body));
    if (!options_.bearer.empty()) request.set_header("Authorization", "Bearer " + options_.bearer);
    int status = 0;  // also of an answer that is not read to its end
    request.response_handler = [&status](const httplib::Response& response) {
        status = response.status;
        return true;
    };
    std::uint64_t read = 0;
    request.content_receiver = [&read](const char*, std::size_t bytes, std::uint64_t, std::uint64_t) {
        read += bytes;
        return read <= answer_bytes_max;
    };

    connection_->allow();
    const std::stop_callback cut_when_stopped(stop, [this] { connection_->cut(); });
    std::atomic<bool> late = false;
    const std::jthread clock([this, &late](std::stop_token answered) {
        std::mutex mutex;
        std::condition_variable_any ended;
        std::unique_lock lock(mutex);
        ended.wait_for(lock, answered, options_.time_max, [] { return false; });
        if (answered.stop_requested()) return;
        late = true;
        connection_->cut();
    });
    const httplib::Result result = connection_->client->send(request);
    if (result) status = result->status;
    if (status >= 200 && status < 300) return success();
    if (stop.stop_requested()) return Error{ErrorKind::Cancelled, "the request was given up", "", ""};
    if (late) return failed(fmt::format("no answer within {} ms", options_.time_max.count()));
    if (status != 0) return failed(fmt::format("answered with status {}", status));
    return failed(httplib::to_string(result.error()) + " failed");
}

}  // namespace walferry
