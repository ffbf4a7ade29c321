#include "tests/support/schema_registry.h"

#include <httplib.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "tests/support/pg_cluster.h"

namespace walferry::testing {

namespace {

namespace fs = std::filesystem;

constexpr const char* api_path = "/apis/ccompat/v7";

fs::path runner() {
    for (const auto& entry : fs::directory_iterator(WALFERRY_APICURIO_DIR)) {
        if (entry.path().string().ends_with("-runner.jar")) return entry.path();
    }
    throw std::runtime_error("no schema registry in .deps/apicurio: run scripts/deps");
}

}  // namespace

SchemaRegistryServer::SchemaRegistryServer() : dir_("registry"), port_(free_port()) {
    ProcessOptions options;
    options.command = {"java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
                       "-jar", runner()};
    options.environment = {{"QUARKUS_HTTP_HOST", "127.0.0.1"},
                           {"QUARKUS_HTTP_PORT", std::to_string(port_)},
                           {"LOG_LEVEL", "WARN"}};
    options.working_dir = dir_.path();
    options.output = dir_ / "registry.log";
    server_.emplace(std::move(options));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(180);
    while (!answers()) {
        if (!server_->running() || std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("the schema registry does not start:\n" + log());
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

SchemaRegistryServer::~SchemaRegistryServer() {
    if (server_) server_->kill();
}

void SchemaRegistryServer::kill() {
    server_->kill();
    server_.reset();
}

bool SchemaRegistryServer::answers() const {
    httplib::ClientImpl client("127.0.0.1", port_);
    const auto result = client.Get((std::string(api_path) + "/subjects").c_str());
    return result && result->status == 200;
}

std::string SchemaRegistryServer::request(const std::string& method, const std::string& path,
                                          const std::string& body) const {
    httplib::ClientImpl client("127.0.0.1", port_);
    httplib::Request request;
    request.method = method;
    request.path = api_path + path;
    request.body = body;
    if (!body.empty()) request.set_header("Content-Type", "application/json");
    const auto result = client.send(request);
    if (!result || result->status != 200)
        throw std::runtime_error(
            method + " " + path + ": " +
            (result ? std::to_string(result->status) + " " + result->body : "no answer"));
    return result->body;
}

SchemaRegistryServer& shared_registry() {
    static SchemaRegistryServer server;
    return server;
}

}  // namespace walferry::testing
