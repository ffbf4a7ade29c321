#include "service/resync_routes.h"

#include <httplib.h>

#include <nlohmann/json.hpp>

#include "tests/service/resync_service.h"

using namespace walferry;
using walferry::testing::ResyncService;

namespace {

struct Asker {
    explicit Asker(const ResyncService& service) : client("127.0.0.1", service.server->port()) {}

    int status(const std::string& path, const std::string& body) {
        return client.Post(path, body, "application/json")->status;
    }
    std::string post(const std::string& path, const std::string& body) {
        return said(client.Post(path, body, "application/json")->body);
    }
    std::string get(const std::string& path) { return said(client.Get(path)->body); }
    /// `id:table:state` of each, or the error.
    static std::string said(const std::string& body) {
        const auto json = nlohmann::json::parse(body);
        if (json.contains("error")) return json["error"];
        std::string text;
        for (const auto& resync : json.at("resyncs"))
            text += (text.empty() ? "" : " ") + resync.at("id").dump() + ':' +
                    resync.at("table").get<std::string>() + ':' + resync.at("state").get<std::string>();
        return text;
    }

    httplib::Client client;
};

}  // namespace

TEST_CASE("resyncs are asked for over HTTP, by names or all at once") {
    ResyncService service;
    service.start();
    Asker ask(service);
    CHECK(ask.post("/api/v1/resync", R"({"tables": ["public.u"], "rate": 500})") == "1:public.u:requested");
    CHECK(ask.post("/api/v1/resync", R"({"all": true})") == "2:public.t:requested 1:public.u:requested");
    const auto rows = must(ResyncStore(service.control).read(*service.file.session, true));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].rate_max == 500);
    CHECK(rows[1].rate_max == 0);
    CHECK(service.board.take_announcement());
}

TEST_CASE("a request over HTTP that can't be met is refused with the status that says whose matter it is") {
    ResyncService service;
    service.start();
    Asker ask(service);
    CHECK(ask.status("/api/v1/resync", R"({"tables": ["public.x"]})") == 400);
    CHECK_THAT(ask.post("/api/v1/resync", R"({"tables": ["public.x"]})"), CONTAINS_TEXT("no table public.x"));
    CHECK(ask.status("/api/v1/resync", R"({"tables": ["public.v"]})") == 409);
    CHECK_THAT(ask.post("/api/v1/resync", R"({"tables": ["public.v"]})"), CONTAINS_TEXT("is being copied"));
    for (const char* body :
         {"", "{", "[]", "{}", R"({"tables": []})", R"({"tables": "public.t"})", R"({"tables": [1]})",
          R"({"all": false})", R"({"all": 1})", R"({"all": true, "tables": ["t"]})",
          R"({"tables": ["t"], "rate": -1})", R"({"tables": ["t"], "rate": 1.5})",
          R"({"tables": ["t"], "rate": 9000000000000000000})", R"({"table": ["t"]})"}) {
        INFO(body);
        CHECK(ask.status("/api/v1/resync", body) == 400);
    }
    service.busy = true;
    CHECK(ask.status("/api/v1/resync", R"({"tables": ["public.t"]})") == 503);
    CHECK(ask.get("/api/v1/resync").empty());
}

TEST_CASE("resyncs are listed over HTTP: the newest, those of some ids, or the open ones") {
    ResyncService service;
    service.start();
    Asker ask(service);
    ask.post("/api/v1/resync", R"({"tables": ["t", "u"]})");
    service.end(1, ResyncState::Done);
    CHECK(ask.get("/api/v1/resync") == "2:public.u:requested 1:public.t:done");
    CHECK(ask.get("/api/v1/resync?ids=1") == "1:public.t:done");
    CHECK(ask.get("/api/v1/resync?ids=2,1,77") == "1:public.t:done 2:public.u:requested");
    CHECK(ask.get("/api/v1/resync?open=1") == "2:public.u:requested");
    CHECK(ask.get("/api/v1/resync?open=1&ids=1").empty());
    for (const char* query : {"ids=", "ids=x", "ids=1,", "ids=,1", "ids=1%202", "open=yes", "state=done"}) {
        INFO(query);
        CHECK(ask.client.Get(std::string("/api/v1/resync?") + query)->status == 400);
    }
}

TEST_CASE("resyncs are cancelled over HTTP, once") {
    ResyncService service;
    service.start();
    Asker ask(service);
    ask.post("/api/v1/resync", R"({"tables": ["t", "u"]})");
    CHECK(ask.post("/api/v1/resync/cancel", R"({"ids": [2, 77]})") == "2:public.u:cancelled");
    CHECK(ask.post("/api/v1/resync/cancel", R"({"ids": [2]})").empty());
    CHECK(service.board.is_cancelled(2));
    CHECK(ask.status("/api/v1/resync/cancel", R"({"ids": 2})") == 400);
    CHECK(ask.client.Get("/api/v1/resync/cancel")->status == 405);
}

TEST_CASE("the routes of resyncs want token and Host like the others") {
    ResyncService service;
    service.config.http.token = "secret";
    service.start();
    Asker ask(service);
    CHECK(ask.client.Get("/api/v1/resync")->status == 401);
    CHECK(ask.status("/api/v1/resync", R"({"all": true})") == 401);
    CHECK(ask.status("/api/v1/resync/cancel", R"({"ids": [1]})") == 401);
    ask.client.set_default_headers({{"Authorization", "Bearer secret"}});
    CHECK(ask.client.Get("/api/v1/resync")->status == 200);
    CHECK(ask.client.Get("/api/v1/resync", {{"Host", "evil.example"}})->status == 403);
}

TEST_CASE("a request's body is read back as it was written") {
    for (const ResyncDesk::Request& request :
         {ResyncDesk::Request{{"a.b", "\"c\""}, false, 0}, ResyncDesk::Request{{}, true, 7}}) {
        const ResyncDesk::Request read = parse_resync_request(resync_request_body(request)).value();
        CHECK(read.tables == request.tables);
        CHECK(read.all == request.all);
        CHECK(read.rate_max == request.rate_max);
    }
}
