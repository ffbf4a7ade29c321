#include "kafka/schema_registry.h"

#include <fmt/format.h>
#include <httplib.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>
#include <utility>

#include "kafka/registry_url.h"

namespace walferry {

namespace {

using Json = nlohmann::json;

constexpr std::size_t schema_answer_bytes_max = std::size_t{32} << 20;
constexpr std::size_t references_max = 200;
constexpr const char* media_type = "application/vnd.schemaregistry.v1+json";

/// What the registry said, whatever its status.
struct Answer {
    int status = 0;
    std::string body;
};

std::string text_at(const Json& from, const char* key) {
    const auto found = from.find(key);
    return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_at(const Json& from, const char* key) {
    const auto found = from.find(key);
    return found != from.end() && found->is_number_integer() ? found->get<std::int64_t>() : -1;
}

/// The registry's own words, where it has any.
std::string said(const Answer& answer) {
    const Json json = Json::parse(answer.body, nullptr, false);
    const std::string message = json.is_object() ? text_at(json, "message") : std::string();
    return message.empty() ? fmt::format("status {}", answer.status)
                           : fmt::format("status {}: {}", answer.status, message.substr(0, 500));
}

std::unique_ptr<httplib::ClientImpl> make_client(const RegistryUrl& url, std::chrono::milliseconds time_max) {
    std::unique_ptr<httplib::ClientImpl> client;
    if (url.tls) {
        client = std::make_unique<httplib::SSLClient>(url.host, url.port);
    } else {
        client = std::make_unique<httplib::ClientImpl>(url.host, url.port);
    }
    client->set_connection_timeout(time_max);
    client->set_read_timeout(time_max);
    client->set_write_timeout(time_max);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    if (!url.user.empty()) client->set_basic_auth(url.user.c_str(), url.password.c_str());
    return client;
}

}  // namespace

/// Requests and what they brought.
class SchemaRegistry::Api {
 public:
    Api(RegistryUrl url, const SchemaRegistryOptions& options)
        : url_(std::move(url)), options_(options), client_(make_client(url_, options.time_max)) {}

    Result<RegisteredSchema> schema(std::int32_t id) {
        const std::lock_guard lock(mutex_);
        if (const auto found = schemas_.find(id); found != schemas_.end()) return found->second;
        WALFERRY_TRY(answer, ask("GET", fmt::format("/schemas/ids/{}", id), {}));
        const Json json = Json::parse(answer.body, nullptr, false);
        constexpr std::int64_t schema_not_found = 40403;
        if (answer.status == 404 && json.is_object() && number_at(json, "error_code") == schema_not_found)
            return Error{ErrorKind::Data, fmt::format("{} has no schema {}", name(), id), "", ""};
        if (answer.status != 200) return refused(answer, fmt::format("asked for schema {}", id));
        WALFERRY_TRY(made, read_schema(json, fmt::format("schema {}", id)));
        schemas_.emplace(id, made);
        return made;
    }

    Result<std::int32_t> id_of(const std::string& subject, const std::string& schema) {
        const std::lock_guard lock(mutex_);
        const auto known = ids_.find({subject, schema});
        if (known != ids_.end()) return known->second;
        const std::string path = fmt::format("/subjects/{}/versions", percent_encoded(subject));
        WALFERRY_TRY(answer, ask("POST", path, Json{{"schema", schema}}.dump()));
        if (answer.status == 409)
            return Error{ErrorKind::Schema,
                         fmt::format("{} refuses the schema of subject {}, as incompatible with the version "
                                     "before: {}",
                                     name(), subject, said(answer)),
                         "set the subject's compatibility to NONE, or to what the table's change needs", ""};
        if (answer.status == 422)
            return Error{
                ErrorKind::Schema,
                fmt::format("{} refuses the schema of subject {}: {}", name(), subject, said(answer)), "",
                ""};
        if (answer.status != 200)
            return refused(answer, fmt::format("given the schema of subject {}", subject));
        const Json json = Json::parse(answer.body, nullptr, false);
        const std::int64_t id = json.is_object() ? number_at(json, "id") : -1;
        if (id < 0 || id > INT32_MAX) return no_registry("answers without an id");
        ids_[{subject, schema}] = static_cast<std::int32_t>(id);
        return static_cast<std::int32_t>(id);
    }

 private:
    std::string name() const { return fmt::format("the schema registry at {}:{}", url_.host, url_.port); }

    Error no_registry(const std::string& what) const {
        return {ErrorKind::Configuration, fmt::format("{} {}", name(), what),
                "registry is the URL that /subjects and /schemas are under (Apicurio: …/apis/ccompat/v7)",
                ""};
    }

    Error refused(const Answer& answer, const std::string& when) const {
        if (answer.status == 401 || answer.status == 403)
            return {ErrorKind::Permission, fmt::format("{}, {}: {}", name(), when, said(answer)),
                    "put a user and password that may do that into the registry's URL", ""};
        return no_registry(fmt::format("{} says: {}", when, said(answer)));
    }

    /// One request, tried again where that may help.
    Result<Answer> ask(const std::string& method, const std::string& path, const std::string& body) {
        std::string problem;
        for (int attempt = 1; attempt <= options_.attempts_max; ++attempt) {
            if (attempt > 1 && !wait(attempt)) break;
            Answer answer;
            problem = send(method, path, body, answer);
            if (!problem.empty()) continue;
            constexpr int too_many_requests = 429;
            if (answer.status < 500 && answer.status != too_many_requests) return answer;
            problem = "it answers with " + said(answer);
        }
        if (options_.stop.stop_requested())
            return Error{ErrorKind::Cancelled, "waiting for the schema registry was given up", "", ""};
        return Error{ErrorKind::Connection, fmt::format("{}: {}", name(), problem), "", ""};
    }

    /// 100 ms before the second attempt, 400 ms before the third … False when we were asked to stop.
    bool wait(int attempt) {
        std::mutex mutex;
        std::condition_variable_any waiting;
        std::unique_lock lock(mutex);
        const std::chrono::milliseconds time(25 << (2 * std::min(attempt - 1, 5)));
        waiting.wait_for(lock, options_.stop, time, [] { return false; });
        return !options_.stop.stop_requested();
    }

    /// What went wrong on the way; empty when there is an answer.
    std::string send(const std::string& method, const std::string& path, const std::string& body,
                     Answer& to) {
        httplib::Request request;
        request.method = method;
        request.path = url_.path + path;
        request.body = body;
        request.set_header("Accept", media_type);
        request.set_header("User-Agent", "walferry");
        if (!body.empty()) request.set_header("Content-Type", media_type);
        bool too_long = false;
        request.content_receiver = [&](const char* bytes, std::size_t count, std::uint64_t, std::uint64_t) {
            too_long = to.body.size() + count > schema_answer_bytes_max;
            if (!too_long) to.body.append(bytes, count);
            return !too_long;
        };
        const httplib::Result result = client_->send(request);
        if (too_long) return "its answer is longer than 32 MiB";
        if (!result) return httplib::to_string(result.error()) + " failed";
        to.status = result->status;
        return {};
    }

    Result<RegisteredSchema> read_schema(const Json& json, const std::string& what) {
        const std::string text = json.is_object() ? text_at(json, "schema") : std::string();
        if (text.empty()) return no_registry("answers without a schema");
        const std::string type = text_at(json, "schemaType");
        if (!type.empty() && type != "AVRO")
            return Error{ErrorKind::Data, fmt::format("{} is of type {}, not AVRO", what, type), "", ""};
        RegisteredSchema made{text};
        std::set<std::string> seen;
        WALFERRY_TRYV(read_references(json, made.references, seen));
        return made;
    }

    Status read_references(const Json& json, std::vector<std::string>& to, std::set<std::string>& seen) {
        const auto references = json.find("references");
        if (references == json.end() || !references->is_array()) return success();
        for (const Json& reference : *references) {
            if (!reference.is_object()) continue;
            const std::string path =
                fmt::format("/subjects/{}/versions/{}", percent_encoded(text_at(reference, "subject")),
                            number_at(reference, "version"));
            if (!seen.insert(path).second) continue;
            if (seen.size() > references_max)
                return Error{ErrorKind::Data, "a schema refers to more than 200 others", "", ""};
            WALFERRY_TRY(answer, ask("GET", path, {}));
            const Json other = Json::parse(answer.body, nullptr, false);
            if (answer.status == 404 && other.is_object())
                return Error{ErrorKind::Data,
                             fmt::format("{} has not what a schema refers to: {}", name(), path), "", ""};
            if (answer.status != 200) return refused(answer, "asked for " + path);
            const std::string text = other.is_object() ? text_at(other, "schema") : std::string();
            if (text.empty()) return no_registry("answers without a schema");
            WALFERRY_TRYV(read_references(other, to, seen));
            to.push_back(text);
        }
        return success();
    }

    const RegistryUrl url_;
    const SchemaRegistryOptions options_;
    std::mutex mutex_;
    std::unique_ptr<httplib::ClientImpl> client_;
    std::unordered_map<std::int32_t, RegisteredSchema> schemas_;
    std::map<std::pair<std::string, std::string>, std::int32_t> ids_;
};

Result<std::unique_ptr<SchemaRegistry>> SchemaRegistry::open(const SchemaRegistryOptions& options) {
    auto url = parse_registry_url(options.url);
    if (!url)
        return Error{ErrorKind::Configuration, "registry: it is no http or https URL",
                     "e.g. http://127.0.0.1:8081, or https://user:password@registry/apis/ccompat/v7", ""};
    auto api = std::make_unique<Api>(*std::move(url), options);
    return std::unique_ptr<SchemaRegistry>(new SchemaRegistry(std::move(api)));
}

SchemaRegistry::SchemaRegistry(std::unique_ptr<Api> api) : api_(std::move(api)) {}
SchemaRegistry::~SchemaRegistry() = default;

Result<RegisteredSchema> SchemaRegistry::schema(std::int32_t id) {
    return api_->schema(id);
}

Result<std::int32_t> SchemaRegistry::id_of(const std::string& subject, const std::string& schema) {
    return api_->id_of(subject, schema);
}

}  // namespace walferry
