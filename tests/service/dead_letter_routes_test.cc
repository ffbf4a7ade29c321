#include "service/dead_letter_routes.h"

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "checkpoint/checkpoint_store.h"
#include "service/http_server.h"
#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"

using namespace walferry;

namespace {

/// A service with three letters in a DuckDB file; what writes does so at once, or is busy.
struct LetterService {
    LetterService() {
        config.pipeline = "shop";
        config.warehouse.duckdb.emplace();
        http.listen = "127.0.0.1:0";
        must(create_control_schema(*file.session, control));
        must(CheckpointStore(control).create(*file.session, {Lsn{100}, 1, 1, "slot", true, 1}));
        std::vector<DeadLetter> letters(3);
        for (std::size_t i = 0; i < letters.size(); ++i) {
            letters[i].error = "refused";
            letters[i].source_table = i == 0 ? "public.t" : "public.u";
            letters[i].key = R"({"id":")" + std::to_string(i) + R"("})";
            letters[i].sequence.commit_lsn = Lsn{10 + i};
        }
        must(file.session->begin());
        must(DeadLetterStore(control).append(*file.session, letters));
        must(file.session->commit());
    }

    HttpServer::Content content() {
        HttpServer::Content made;
        made.status = [] { return StatusReport(); };
        made.dead_letters = [this] {
            return DeadLetterDesk(
                {config, [this] { return file.warehouse->connect(); },
                 busy ? SingleWriter([](std::vector<WriterWork> works) {
                     return std::vector<Status>(works.size(), Error{ErrorKind::Busy, "no session", "", ""});
                 })
                      : make_lone_writer(*file.session, control),
                 [this](std::uint64_t count) { open = count; }});
        };
        return made;
    }

    OpenFile file;
    ControlSchema control{WarehouseKind::DuckDb, file.session->catalog(), "walferry", "shop"};
    Config config;
    HttpConfig http;
    bool busy = false;
    std::uint64_t open = 99;
};

httplib::Client client_of(const HttpServer& server) {
    for (int i = 0; i < 1000 && server.port() == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return httplib::Client("127.0.0.1", server.port());
}

std::string ids(const nlohmann::json& letters) {
    std::string text;
    for (const auto& letter : letters) text += (text.empty() ? "" : " ") + letter.at("id").dump();
    return text;
}

}  // namespace

TEST_CASE("letters are listed over HTTP, filtered and in pages") {
    LetterService service;
    const HttpServer server(service.http, service.content());
    auto client = client_of(server);
    const auto list = [&](const std::string& query) {
        return nlohmann::json::parse(client.Get("/api/v1/dlq" + query)->body);
    };
    const auto all = list("");
    CHECK(ids(all["letters"]) == "1 2 3");
    CHECK(all["letters"][0]["key"]["id"] == "0");
    CHECK(ids(list("?table=public.u")["letters"]) == "2 3");
    CHECK(ids(list("?ids=1,3")["letters"]) == "1 3");
    CHECK(ids(list("?after=0/A,0,1")["letters"]) == "2 3");
    const auto end = list("?after=" + all["next"].get<std::string>());
    CHECK(end["letters"].empty());
    CHECK(end["next"].is_null());
    CHECK(client.Get("/api/v1/dlq?stage=late")->status == 400);
}

TEST_CASE("letters are discarded over HTTP, once, and the rest is counted") {
    LetterService service;
    const HttpServer server(service.http, service.content());
    auto client = client_of(server);
    const auto discard = [&](const std::string& body) {
        return client.Post("/api/v1/dlq/discard", body, "application/json");
    };
    CHECK(discard(R"({"ids": [3, 1, 77]})")->body == R"({"discarded":[1,3]})");
    CHECK(discard(R"({"ids": [3, 1]})")->body == R"({"discarded":[]})");
    CHECK(discard(R"({"ids": [9223372036854775808]})")->status == 400);
    CHECK(service.open == 1);
    CHECK(ids(nlohmann::json::parse(client.Get("/api/v1/dlq")->body)["letters"]) == "2");
    CHECK(ids(nlohmann::json::parse(client.Get("/api/v1/dlq?state=discarded")->body)["letters"]) == "1 3");
    for (const char* body : {"", "{", "[]", R"({"ids": 1})", R"({"ids": ["1"]})", R"({"ids": [1.5]})"})
        CHECK(discard(body)->status == 400);
    CHECK(client.Get("/api/v1/dlq/discard")->status == 405);
}

TEST_CASE("without a session with the warehouse a discard is refused as unavailable") {
    LetterService service;
    service.busy = true;
    const HttpServer server(service.http, service.content());
    auto client = client_of(server);
    const auto answer = client.Post("/api/v1/dlq/discard", R"({"ids": [1]})", "application/json");
    CHECK(answer->status == 503);
    CHECK(nlohmann::json::parse(answer->body)["error"] == "no session");
}

TEST_CASE("the routes of dead letters want token and Host like the others") {
    LetterService service;
    service.http.token = "secret";
    const HttpServer server(service.http, service.content());
    auto client = client_of(server);
    CHECK(client.Get("/api/v1/dlq")->status == 401);
    CHECK(client.Post("/api/v1/dlq/discard", R"({"ids": [1]})", "application/json")->status == 401);
    CHECK(client.Post("/api/v1/dlq/replay", R"({"ids": [1]})", "application/json")->status == 401);
    client.set_default_headers({{"Authorization", "Bearer secret"}});
    CHECK(client.Get("/api/v1/dlq")->status == 200);
    CHECK(client.Get("/api/v1/dlq", {{"Host", "evil.example"}})->status == 403);
}
