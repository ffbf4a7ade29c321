#include "pipeline/outbox/webhook_publisher.h"

#include <httplib.h>

#include <cstdlib>
#include <future>

#include "pipeline/outbox/outbox_message.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace walferry {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const OutboxRow row{1, "p", 0, "batch", "public.t", "public.t", {}, "{}"};

/// An HTTP server on a free port, with routes that behave well and badly.
class Listener {
 public:
    explicit Listener(std::unique_ptr<httplib::Server> server) : server_(std::move(server)) {
        server_->Post("/take", [this](const httplib::Request& request, httplib::Response& response) {
            body = request.body;
            signature = request.get_header_value("X-Walferry-Signature");
            type = request.get_header_value("Content-Type");
            query = request.get_param_value("key");
            response.status = 204;
        });
        server_->Post("/fail",
                      [](const httplib::Request&, httplib::Response& response) { response.status = 503; });
        server_->Post("/moved", [](const httplib::Request&, httplib::Response& response) {
            response.set_redirect("/take");
        });
        server_->Post("/hang", [this](const httplib::Request&, httplib::Response&) {
            hanging.set_value();
            released.get_future().wait();
        });
        server_->Post("/endless", [](const httplib::Request&, httplib::Response& response) {
            response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
                const std::string text(4096, 'x');
                return sink.write(text.data(), text.size());
            });
        });
        port = server_->bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_->listen_after_bind(); });
        while (!server_->is_running()) std::this_thread::sleep_for(milliseconds(5));
    }
    ~Listener() {
        server_->stop();
        thread_.join();
    }

    WebhookPublisher publisher(const std::string& path, milliseconds time_max = seconds(60),
                               const std::string& scheme = "http") const {
        return WebhookPublisher({scheme + "://127.0.0.1:" + std::to_string(port) + path, "k3y", time_max});
    }

    int port = 0;
    std::string body, signature, type, query;
    std::promise<void> hanging, released;

 private:
    std::unique_ptr<httplib::Server> server_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("a webhook is a signed POST of the row") {
    Listener listener(std::make_unique<httplib::Server>());
    WebhookPublisher publisher = listener.publisher("/take?key=a%20b");
    CHECK(publisher.publish(row, {}));
    CHECK(listener.body == outbox_json(row));
    CHECK(listener.type == "application/json");
    CHECK(listener.query == "a b");
    CHECK(listener.signature == webhook_signature("k3y", outbox_json(row)));
    listener.body.clear();
    CHECK(publisher.publish(row, {}));  // over the connection of before
    CHECK(listener.body == outbox_json(row));
    WebhookPublisher unsigned_one(
        {"http://127.0.0.1:" + std::to_string(listener.port) + "/take", "", seconds(60)});
    CHECK(unsigned_one.publish(row, {}));
    CHECK(listener.signature == "");
    CHECK(publisher.name() == "webhook 127.0.0.1:" + std::to_string(listener.port));
}

TEST_CASE("only a 2xx status is success, and the message names the status") {
    Listener listener(std::make_unique<httplib::Server>());
    const Status failed = listener.publisher("/fail").publish(row, {});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message == "answered with status 503");
    CHECK_FALSE(listener.publisher("/moved").publish(row, {}));
    CHECK(listener.body.empty());
    CHECK_FALSE(listener.publisher("/nowhere").publish(row, {}));
    CHECK(listener.publisher("/endless", seconds(600)).publish(row, {}));
    const Status refused = WebhookPublisher({"http://127.0.0.1:1/", "", seconds(60)}).publish(row, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Connection);
}

TEST_CASE("a webhook that hangs is left after the time that it may take") {
    Listener listener(std::make_unique<httplib::Server>());
    const Status late = listener.publisher("/hang", milliseconds(300)).publish(row, {});
    listener.released.set_value();
    REQUIRE_FALSE(late);
    CHECK(late.error().message == "no answer within 300 ms");
}

TEST_CASE("a webhook that hangs is left when we are asked to stop") {
    Listener listener(std::make_unique<httplib::Server>());
    std::stop_source stop;
    auto publishing = std::async(std::launch::async, [&] {
        return listener.publisher("/hang", seconds(600)).publish(row, stop.get_token());
    });
    listener.hanging.get_future().wait();
    stop.request_stop();
    const bool ended = publishing.wait_for(seconds(30)) == std::future_status::ready;
    listener.released.set_value();
    CHECK(ended);
    CHECK(publishing.get().error().kind == ErrorKind::Cancelled);
}

// 192.0.2.0/24 is for documentation; where nothing routes it, connecting fails at once, which is as good.
TEST_CASE("a webhook that can't be reached is left while it connects") {
    std::stop_source stop;
    auto publishing = std::async(std::launch::async, [&] {
        return WebhookPublisher({"http://192.0.2.1:81/", "", seconds(600)}).publish(row, stop.get_token());
    });
    std::this_thread::sleep_for(milliseconds(200));
    stop.request_stop();
    CHECK(publishing.wait_for(seconds(30)) == std::future_status::ready);
    CHECK_FALSE(publishing.get());
}

TEST_CASE("over https only a server with a trusted certificate gets the row") {
    const TempDir dir("tls");
    const std::string key = (dir / "key.pem").string(), certificate = (dir / "certificate.pem").string();
    const Completed made =
        run({.command = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
                         certificate}});
    REQUIRE(made.exit == Exit{0, 0});
    Listener listener(std::make_unique<httplib::SSLServer>(certificate.c_str(), key.c_str()));
    const auto publish = [&] { return listener.publisher("/take", seconds(60), "https").publish(row, {}); };
    CHECK_FALSE(publish());
    CHECK(listener.body.empty());
    ::setenv("SSL_CERT_FILE", certificate.c_str(), 1);
    CHECK(publish());
    ::unsetenv("SSL_CERT_FILE");
    CHECK(listener.body == outbox_json(row));
}

}  // namespace walferry
