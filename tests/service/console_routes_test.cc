#include "service/console/console_routes.h"

#include <httplib.h>

#include <latch>
#include <nlohmann/json.hpp>
#include <thread>

#include "service/console/console_assets.h"
#include "service/console/event_routes.h"
#include "service/http_server.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

/// A server whose every change would be a query.
struct Service {
    explicit Service(const std::string& token = "") : server(config(token), content()) {
        for (int i = 0; i < 1000 && server.port() == 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }

    static HttpConfig config(const std::string& token) {
        HttpConfig config;
        config.listen = "127.0.0.1:0";
        config.token = token;
        return config;
    }
    HttpServer::Content content() {
        HttpServer::Content made;
        made.status = [] {
            StatusReport report;
            report.pipeline = "shop";
            report.state = "retrying";
            report.reason = "<img src=x>\xff";
            return report;
        };
        made.metrics = [] { return std::string("metrics"); };
        made.sql = [this](const std::string&, std::stop_token) -> Result<QueryResult> {
            ++changes;
            return QueryResult{};
        };
        made.live_counts = [] {
            LiveCounts counts;
            counts.events["public.t"] = {3, 40};
            return counts;
        };
        return made;
    }
    httplib::Client client() const { return httplib::Client("127.0.0.1", server.port()); }
    std::string address() const { return "127.0.0.1:" + std::to_string(server.port()); }

    std::atomic<int> changes{0};
    HttpServer server;
};

/// The first event of a stream.
nlohmann::json event_of(const std::string& text) {
    const std::size_t from = text.find("data: ") + 6;
    return nlohmann::json::parse(text.substr(from, text.find('\n', from) - from));
}

/// Reads until the first event is there, and then goes away. Empty when refused.
std::string first_event(httplib::Client client, const httplib::Headers& headers = {}) {
    std::string text;
    client.Get("/api/v1/events", headers, [&](const char* data, std::size_t size) {
        text.append(data, size);
        return text.find("\n\n") == std::string::npos;
    });
    return text;
}

}  // namespace

TEST_CASE("the console's files are served, under rules that let nothing foreign run or frame them") {
    const Service service("secret");
    auto client = service.client();
    CHECK(console_assets().size() > 10);
    for (const ConsoleAsset& asset : console_assets()) {
        INFO(asset.path);
        const auto answer = client.Get(std::string(asset.path));
        REQUIRE(answer->status == 200);
        CHECK(answer->body == asset.content);
        CHECK(answer->get_header_value("Content-Type") == asset.type);
        CHECK(answer->get_header_value("Content-Security-Policy") ==
              "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' "
              "data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        CHECK(answer->get_header_value("X-Content-Type-Options") == "nosniff");
        CHECK(answer->get_header_value("Referrer-Policy") == "no-referrer");
        CHECK(answer->get_header_value("Cache-Control") == "no-store");
        CHECK(client.Get(std::string(asset.path), {{"Host", "evil.example"}})->status == 403);
        // Nothing that the policy forbids is relied on, and no text becomes markup.
        for (const char* word : {"style=\"", "onclick", "innerHTML", "outerHTML", "insertAdjacent", "eval(",
                                 "localStorage", "document.write"})
            CHECK(asset.content.find(word) == std::string_view::npos);
    }
    CHECK(client.Get("/console/nothing.js")->status == 404);
}

TEST_CASE("an event says where the pipeline stands, and wants the token") {
    const Service service("secret");
    CHECK(first_event(service.client()).find("data: ") == std::string::npos);
    const std::string text = first_event(service.client(), {{"Authorization", "Bearer secret"}});
    CHECK(text.starts_with("retry: "));
    const auto event = event_of(text);
    CHECK(event["status"]["pipeline"] == "shop");
    CHECK(event["status"]["state"] == "retrying");
    CHECK(event["events"]["public.t"] == nlohmann::json{{"streamed", 3}, {"copied", 40}});
    CHECK(event["outbox_pending"].is_null());
    CHECK(event["now"].get<std::string>().ends_with("Z"));
}

TEST_CASE("as many streams as there may be leave metrics and health alone, and a further page its events") {
    const Service service;
    std::latch open(event_streams_max);
    std::atomic<bool> enough{false};
    std::vector<std::jthread> pages;
    for (std::size_t i = 0; i < event_streams_max; ++i) {
        pages.emplace_back([&] {
            bool first = true;
            std::string text;
            service.client().Get("/api/v1/events", [&](const char* data, std::size_t size) {
                text.append(data, size);
                if (first && text.find("data: ") != std::string::npos) {
                    first = false;
                    open.count_down();
                }
                return !enough;
            });
            if (first) open.count_down();
        });
    }
    open.wait();
    auto client = service.client();
    const auto health = client.Get("/healthz");
    const auto metrics = client.Get("/metrics");
    const auto further = client.Get("/api/v1/events");
    enough = true;
    REQUIRE((health && metrics && further));
    CHECK(health->status == 200);
    CHECK(metrics->body == "metrics");
    CHECK(further->body.starts_with("retry: 3000\n"));
    CHECK(event_of(further->body)["status"]["pipeline"] == "shop");
    pages.clear();
    // Their places are free again, as soon as it is noticed that nobody reads.
    bool streams = false;
    for (int i = 0; i < 100 && !streams; ++i) {
        streams = first_event(service.client()).starts_with("retry: 100\n");
        if (!streams) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    CHECK(streams);
}

TEST_CASE("no page of another origin changes anything") {
    const Service service;
    auto client = service.client();
    const std::string body = R"({"query": "SELECT 1"})";
    const auto post = [&](const httplib::Headers& headers, const char* type) {
        return client.Post("/api/v1/sql", headers, body, type)->status;
    };
    // What a form or a fetch of another origin can send without being asked first.
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""})
        CHECK(post({}, type) == 415);
    // What the browser says of the page, should it get that far; other ports of this machine are foreign,
    // too.
    for (const char* origin : {"https://evil.example", "null", "http://127.0.0.1:3000", "http://localhost"})
        CHECK(post({{"Origin", origin}}, "application/json") == 403);
    CHECK(client.Options("/api/v1/sql")->status != 200);
    CHECK(service.changes == 0);
    CHECK(post({{"Origin", "http://" + service.address()}}, "application/json") == 200);
    CHECK(post({}, "application/json; charset=utf-8") == 200);
    CHECK(service.changes == 2);
}
