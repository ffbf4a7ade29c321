#include "kafka/schema_registry.h"

#include <httplib.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/must.h"
#include "tests/support/pg_cluster.h"
#include "tests/support/schema_registry.h"

using namespace walferry;
using walferry::testing::must;
using walferry::testing::shared_registry;
using Json = nlohmann::json;

namespace {

constexpr const char* item =
    R"({"type":"record","name":"Item","namespace":"shop","fields":[{"name":"id","type":"int"}]})";

std::unique_ptr<SchemaRegistry> open(const std::string& url) {
    SchemaRegistryOptions options;
    options.url = url;
    options.time_max = std::chrono::seconds(5);
    return must(SchemaRegistry::open(options));
}

/// A server that answers as it is told: for what a real registry can't be made to say.
class Answering {
 public:
    Answering(int status, std::string body) {
        const auto answer = [this, status, body](const httplib::Request& request,
                                                 httplib::Response& response) {
            ++asked;
            authorization = request.get_header_value("Authorization");
            response.status = status;
            response.set_content(body, "application/json");
        };
        server_.Get(".*", answer);
        server_.Post(".*", answer);
        port = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
    }
    ~Answering() {
        server_.stop();
        thread_.join();
    }
    std::string url(const std::string& user = "") const {
        return "http://" + user + "127.0.0.1:" + std::to_string(port);
    }

    std::atomic<int> asked = 0;
    std::string authorization;
    int port = 0;

 private:
    httplib::Server server_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("a schema that was registered is found by its id, whoever asks") {
    const auto writer = open(shared_registry().url());
    const auto id = must(writer->id_of("shop.public.a/b c-value", item));
    CHECK(must(writer->id_of("shop.public.a/b c-value", item)) == id);
    const auto reader = open(shared_registry().url());
    const auto found = must(reader->schema(id));
    CHECK(Json::parse(found.text) == Json::parse(item));
    CHECK(found.references.empty());
    const Json subjects = Json::parse(shared_registry().request("GET", "/subjects"));
    CHECK(std::find(subjects.begin(), subjects.end(), "shop.public.a/b c-value") != subjects.end());
}

TEST_CASE("a schema comes with those that it refers to") {
    shared_registry().request("POST", "/subjects/item/versions", Json{{"schema", item}}.dump());
    const std::string cart =
        R"({"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"item","type":"shop.Item"}]})";
    const Json body{{"schema", cart},
                    {"references", {{{"name", "shop.Item"}, {"subject", "item"}, {"version", 1}}}}};
    const Json answer =
        Json::parse(shared_registry().request("POST", "/subjects/cart/versions", body.dump()));
    const auto found = must(open(shared_registry().url())->schema(answer["id"].get<std::int32_t>()));
    CHECK(Json::parse(found.text) == Json::parse(cart));
    REQUIRE(found.references.size() == 1);
    CHECK(Json::parse(found.references[0]) == Json::parse(item));
}

TEST_CASE("an unknown id concerns its records alone, and is asked for again") {
    const auto registry = open(shared_registry().url());
    for (int time = 0; time < 2; ++time) {
        const auto found = registry->schema(2'000'000'000);
        REQUIRE(found.has_error());
        CHECK(found.error().kind == ErrorKind::Data);
        CHECK(found.error().message.find("has no schema 2000000000") != std::string::npos);
    }
}

TEST_CASE("what the registry refuses is an error of the schema") {
    const auto registry = open(shared_registry().url());
    const auto broken = registry->id_of("broken", R"({"type":"recor"})");
    REQUIRE(broken.has_error());
    CHECK(broken.error().kind == ErrorKind::Schema);
    must(registry->id_of("strict", item));
    shared_registry().request("PUT", "/config/strict", R"({"compatibility":"BACKWARD"})");
    const auto other = registry->id_of(
        "strict",
        R"({"type":"record","name":"Item","namespace":"shop","fields":[{"name":"x","type":"int"}]})");
    REQUIRE(other.has_error());
    CHECK(other.error().kind == ErrorKind::Schema);
    CHECK(describe(other.error()).find("compatib") != std::string::npos);
}

TEST_CASE("a URL that leads past the API is a matter of the configuration") {
    const auto registry = open("http://127.0.0.1:" + std::to_string(shared_registry().port()));
    const auto found = registry->schema(1);
    REQUIRE(found.has_error());
    CHECK(found.error().kind == ErrorKind::Configuration);
}

TEST_CASE("a registry that is gone is out of reach, and what it said before is known still") {
    walferry::testing::SchemaRegistryServer server;
    const auto registry = open(server.url());
    const auto id = must(registry->id_of("a-value", item));
    must(registry->schema(id));
    server.kill();
    CHECK(must(registry->schema(id)).text == must(registry->schema(id)).text);
    CHECK(must(registry->id_of("a-value", item)) == id);
    const auto found = registry->schema(id + 1);
    REQUIRE(found.has_error());
    CHECK(found.error().kind == ErrorKind::Connection);
}

TEST_CASE("a server at fault is asked three times, and one that refuses us once") {
    Answering broken(503, R"({"error_code":50301,"message":"no leader"})");
    const auto found = open(broken.url())->schema(7);
    REQUIRE(found.has_error());
    CHECK(found.error().kind == ErrorKind::Connection);
    CHECK(found.error().message.find("no leader") != std::string::npos);
    CHECK(broken.asked == 3);
    Answering closed(401, R"({"error_code":401,"message":"who are you"})");
    const auto refused = open(closed.url("me:p%40ss@"))->schema(7);
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind == ErrorKind::Permission);
    CHECK(closed.asked == 1);
    CHECK(closed.authorization == "Basic bWU6cEBzcw==");
    CHECK(describe(refused.error()).find("p@ss") == std::string::npos);
    Answering proto(200, R"({"schemaType":"PROTOBUF","schema":"syntax"})");
    CHECK(open(proto.url())->schema(7).error().kind == ErrorKind::Data);
    Answering html(200, "<html>");
    CHECK(open(html.url())->schema(7).error().kind == ErrorKind::Configuration);
}

TEST_CASE("a client that is asked to stop does not wait for another attempt") {
    std::stop_source stop;
    SchemaRegistryOptions options;
    options.url = "http://127.0.0.1:" + std::to_string(walferry::testing::free_port());
    options.stop = stop.get_token();
    stop.request_stop();
    const auto registry = must(SchemaRegistry::open(options));
    CHECK(registry->schema(1).error().kind == ErrorKind::Cancelled);
}
