#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace walferry::testing {

/// A throw-away schema registry on a free port of 127.0.0.1: Apicurio's, from .deps/apicurio, which has
/// Confluent's API. Its schemas are in its memory. Gone with the object, and with the test process however
/// that ends. Make it in the test's main thread.
class SchemaRegistryServer {
 public:
    /// Comes back after it answers.
    SchemaRegistryServer();
    ~SchemaRegistryServer();
    SchemaRegistryServer(const SchemaRegistryServer&) = delete;
    SchemaRegistryServer& operator=(const SchemaRegistryServer&) = delete;

    /// SIGKILL.
    void kill();

    int port() const { return port_; }
    /// What `registry` wants.
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/apis/ccompat/v7"; }
    std::string log() const { return read_file(dir_ / "registry.log"); }

    /// A request as any client makes it; its answer's body. Throws when the answer is not 200.
    std::string request(const std::string& method, const std::string& path,
                        const std::string& body = {}) const;

 private:
    bool answers() const;

    TempDir dir_;
    int port_ = 0;
    std::optional<Process> server_;
};

/// The one registry of this test executable, started when it is first asked for.
SchemaRegistryServer& shared_registry();

}  // namespace walferry::testing
