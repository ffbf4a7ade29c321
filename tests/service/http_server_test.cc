#include "service/http_server.h"

#include <httplib.h>

#include <nlohmann/json.hpp>

#include "service/service_client.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

StatusReport ready_report() {
    StatusReport report;
    report.pipeline = "shop";
    report.state = "streaming";
    return report;
}

HttpServer::Content content() {
    return {ready_report, [] { return std::string("walferry_state 1\n"); },
            [](const std::string& query, std::stop_token stop) -> Result<QueryResult> {
                if (query == "wait") {
                    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
                    return Error{ErrorKind::Cancelled, "ended", "", ""};
                }
                if (query == "bad") return Error{ErrorKind::Schema, "no such table", "", ""};
                if (query == "closed") return Error{ErrorKind::Busy, "not open", "", ""};
                return QueryResult{{"query"}, {{query}, {std::nullopt}}};
            }};
}

HttpConfig on_any_port(const std::string& token = "") {
    HttpConfig config;
    config.listen = "127.0.0.1:0";
    config.token = token;
    return config;
}

int port_of(const HttpServer& server) {
    for (int i = 0; i < 1000 && server.port() == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return server.port();
}

}  // namespace

TEST_CASE("the server answers on its routes") {
    const HttpServer server(on_any_port(), content());
    httplib::Client client("127.0.0.1", port_of(server));
    CHECK(client.Get("/healthz")->status == 200);
    CHECK(client.Get("/readyz")->status == 200);
    CHECK(client.Get("/metrics")->body == "walferry_state 1\n");
    CHECK(client.Get("/")->body.find("/metrics") != std::string::npos);
    CHECK(client.Get("/nothing")->status == 404);
    const auto status = nlohmann::json::parse(client.Get("/api/v1/status")->body);
    CHECK(status["pipeline"] == "shop");
}

TEST_CASE("a query over HTTP gives columns and rows, or says what is wrong") {
    const HttpServer server(on_any_port(), content());
    httplib::Client client("127.0.0.1", port_of(server));
    const auto ask = [&](const std::string& body) {
        return client.Post("/api/v1/sql", body, "application/json");
    };
    CHECK(ask(R"({"query": "SELECT 1"})")->body == R"({"columns":["query"],"rows":[["SELECT 1"],[null]]})");
    CHECK(ask(R"({"query": "bad"})")->status == 400);
    CHECK(nlohmann::json::parse(ask(R"({"query": "bad"})")->body)["error"] == "no such table");
    CHECK(ask(R"({"query": "closed"})")->status == 503);
    for (const char* body : {"", "{", "[]", R"({"query": 1})", R"({"sql": "x"})"})
        CHECK(ask(body)->status == 400);
    CHECK(client.Get("/api/v1/sql")->status == 405);
    CHECK(client.Get("/api/v1/sql")->get_header_value("Allow") == "POST");
    CHECK(nlohmann::json::parse(client.Get("/api/v1/nothing")->body)["error"].is_string());
    CHECK(ask(R"({"query": ")" + std::string(2u << 20, 'x') + R"("})")->status == 413);
}

TEST_CASE("with a token every API route wants it, and nothing else does") {
    const HttpServer server(on_any_port("secret"), content());
    const int port = port_of(server);
    httplib::Client client("127.0.0.1", port);
    CHECK(client.Get("/metrics")->status == 200);
    CHECK(client.Get("/healthz")->status == 200);
    CHECK(client.Get("/api/v1/status")->status == 401);
    CHECK(client.Get("/api/v1/nothing")->status == 401);
    CHECK(client.Post("/api/v1/sql", R"({"query": "x"})", "application/json")->status == 401);
    CHECK(client.Get("/api/v1/status", {{"Authorization", "Bearer wrong"}})->status == 401);
    CHECK(client.Get("/api/v1/status", {{"Authorization", "Bearer secret"}})->status == 200);

    Config config;
    config.pipeline = "shop";
    config.http.listen = "127.0.0.1:" + std::to_string(port);
    CHECK_FALSE(ServiceClient(config).status());
    config.http.token = "secret";
    CHECK(ServiceClient(config).status());
    config.pipeline = "another";
    CHECK_FALSE(ServiceClient(config).status());
}

TEST_CASE("a foreign Host or Origin is refused on every route") {
    const HttpServer server(on_any_port(), content());
    httplib::Client client("127.0.0.1", port_of(server));
    for (const char* path : {"/", "/metrics", "/healthz", "/api/v1/status"}) {
        CHECK(client.Get(path, {{"Host", "evil.example"}})->status == 403);
        CHECK(client.Get(path, {{"Origin", "https://evil.example"}})->status == 403);
        CHECK(client.Get(path, {{"Host", "localhost:1234"}})->status == 200);
    }
}

TEST_CASE("a port in use is waited for, never shared") {
    auto first = std::make_unique<HttpServer>(on_any_port(), content());
    HttpConfig same;
    same.listen = "127.0.0.1:" + std::to_string(port_of(*first));
    const HttpServer second(same, content());
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CHECK(second.port() == 0);
    first.reset();
    CHECK(port_of(second) != 0);
}

TEST_CASE("the server stops while a query runs") {
    auto server = std::make_unique<HttpServer>(on_any_port(), content());
    const int port = port_of(*server);
    std::thread waiting([port] {
        httplib::Client client("127.0.0.1", port);
        client.Post("/api/v1/sql", R"({"query": "wait"})", "application/json");
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    server.reset();
    waiting.join();
}
