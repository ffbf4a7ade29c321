#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "kafka/schema_source.h"

namespace walferry {

struct SchemaRegistryOptions {
    /// http or https, a user and password in front of the host where the registry wants them (percent-encoded
    /// as URLs are), and the path that its API is under, e.g. https://user:password@registry:8081/base.
    std::string url;
    std::chrono::milliseconds time_max{10'000};  ///< of one request
    int attempts_max = 3;                        ///< for what another attempt may cure
    /// Ends waiting between attempts, with kind Cancelled.
    std::stop_token stop = {};
};

/// A client of a schema registry with Confluent's API (https://docs.confluent.io, "Schema Registry API"):
/// Confluent's own, Apicurio's under /apis/ccompat/v7, Karapace. What an id means never changes, so that each
/// is asked for once. Connections that fail, and answers that say that the server is at fault (5xx) or that
/// it is too much (429), are tried again a few times; then they are of kind Connection. Any thread.
class SchemaRegistry final : public SchemaSource, public SchemaRegistrar {
 public:
    /// Does not connect. Kind Configuration when the URL is none; no message has its password.
    static Result<std::unique_ptr<SchemaRegistry>> open(const SchemaRegistryOptions& options);
    ~SchemaRegistry() override;

    /// With the schemas that it refers to. Kind Data: there is no such id, or its schema is not Avro.
    /// Permission: user or password are wrong. Configuration: what answers is no registry.
    Result<RegisteredSchema> schema(std::int32_t id) override;
    Result<std::int32_t> id_of(const std::string& subject, const std::string& schema) override;

 private:
    class Api;
    explicit SchemaRegistry(std::unique_ptr<Api> api);

    std::unique_ptr<Api> api_;
};

}  // namespace walferry
