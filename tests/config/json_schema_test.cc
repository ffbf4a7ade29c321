#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "config/config.h"
#include "config/keys.h"
#include "tests/support/catch.h"

using namespace walferry;
using nlohmann::json;

namespace {

/// The schema of a key of the table; null when the schema has none.
const json* schema_of(const json& root, std::string_view path) {
    const json* at = &root;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('.'), path.size());
        std::string name(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
        const bool is_item = name.ends_with("[]");
        if (is_item) name.resize(name.size() - 2);
        if (name == "*") {
            at = &at->at("additionalProperties");
            continue;
        }
        if (!at->contains("properties") || !at->at("properties").contains(name)) return nullptr;
        at = &at->at("properties").at(name);
        if (is_item) at = &at->at("items");
    }
    return at;
}

}  // namespace

TEST_CASE("the JSON schema has every available key and no other") {
    const json schema = json::parse(config_json_schema());
    CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
    CHECK(schema.at("additionalProperties") == false);
    CHECK(schema.at("required") == json::array({"source", "tables"}));
    CHECK(schema.at("anyOf") == json::parse(R"([{"required":["warehouse"]},{"required":["publish"]}])"));
    for (const Key& key : configuration_keys()) {
        CAPTURE(key.path);
        const json* found = schema_of(schema, key.path);
        CHECK((found != nullptr) == key.available());
        if (found == nullptr) continue;
        if (!key.path.ends_with("[]") && !key.path.ends_with(".*"))
            CHECK(found->at("description") == key.description);
        if (key.type == KeyType::Section) CHECK(found->at("additionalProperties") == false);
        if (key.type == KeyType::TextMap)
            CHECK(found->at("additionalProperties").at("type") ==
                  json::array({"string", "number", "boolean"}));
        if (!key.default_text.empty()) CHECK(found->contains("default"));
    }
}

TEST_CASE("the JSON schema knows limits, choices and what excludes what") {
    const json schema = json::parse(config_json_schema());
    CHECK(schema_of(schema, "source.postgres.copy_workers")->at("maximum") == 64);
    CHECK(schema_of(schema, "source.postgres.copy_workers")->at("default") == 2);
    CHECK(schema_of(schema, "tables[].mode")->at("anyOf")[0].at("enum") ==
          json::array({"upsert", "scd2", "append"}));
    CHECK(schema_of(schema, "tables[]")->at("not").at("allOf").size() == 2);
    CHECK(schema_of(schema, "source")->at("oneOf").size() == 2);
    CHECK(schema_of(schema, "tables[].metadata")->at("default") == true);
    CHECK(schema_of(schema, "warehouse.schema")->at("default") == "{schema}");
}

TEST_CASE("the schema that is shipped is the one of this version; WALFERRY_WRITE_SCHEMA=1 writes it") {
    const std::string path = std::string(PROJECT_ROOT) + "/config/walferry.schema.json";
    const std::string schema = json::parse(config_json_schema()).dump(2) + "\n";
    if (std::getenv("WALFERRY_WRITE_SCHEMA") != nullptr) std::ofstream(path) << schema;
    std::ostringstream shipped;
    shipped << std::ifstream(path).rdbuf();
    CHECK(shipped.str() == schema);
}
