#include "service/debezium_import/connector_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "service/debezium_import/java_properties.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

Error wrong_file(std::string message) {
    return Error{ErrorKind::Configuration, std::move(message), {}, {}};
}

/// The JSON value, unless a key stands twice in one map.
Result<Json> parse_json(const std::string& text) {
    std::vector<std::set<std::string>> keys;
    std::string twice;
    const auto watch = [&](int, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::object_start) keys.emplace_back();
        if (event == Json::parse_event_t::object_end) keys.pop_back();
        if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
            twice = value.get<std::string>();
        return true;
    };
    try {
        Json json = Json::parse(text, watch);
        if (!twice.empty()) return wrong_file(fmt::format("{} stands there twice", twice));
        return json;
    } catch (const Json::exception& wrong) {
        return wrong_file(fmt::format("no JSON: {}", wrong.what()));
    }
}

Status take_settings(const Json& map, ConnectorFile& file) {
    for (const auto& [key, value] : map.items()) {
        if (value.is_null()) continue;
        if (value.is_structured())
            return wrong_file(fmt::format("{} is a list or a map, allowed: text, numbers, booleans", key));
        file.settings[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
    return success();
}

Result<ConnectorFile> read_json(const std::string& text) {
    WALFERRY_TRY(json, parse_json(text));
    ConnectorFile file;
    if (!json.contains("config") || !json["config"].is_object()) {
        WALFERRY_TRYV(take_settings(json, file));
        return file;
    }
    WALFERRY_TRYV(take_settings(json["config"], file));
    for (const auto& [key, value] : json.items()) {
        if (key == "config") continue;
        if (key == "name" && value.is_string()) {
            file.name = value.get<std::string>();
        } else {
            file.beside.push_back(key);
        }
    }
    return file;
}

Result<ConnectorFile> read_properties(const std::string& text) {
    WALFERRY_TRY(properties, read_java_properties(text));
    ConnectorFile file;
    for (auto& [key, value] : properties) {
        if (!file.settings.emplace(key, std::move(value)).second)
            return wrong_file(fmt::format("{} stands there twice", key));
    }
    return file;
}

}  // namespace

Result<ConnectorFile> read_connector_file(const std::string& text) {
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    const bool is_json = start != std::string::npos && text[start] == '{';
    WALFERRY_TRY(file, is_json ? read_json(text) : read_properties(text));
    const auto name = file.settings.find("name");
    if (file.name.empty() && name != file.settings.end()) file.name = name->second;
    if (file.settings.find("connector.class") == file.settings.end())
        return wrong_file(
            "has no connector.class, allowed: a connector's configuration in JSON or .properties");
    return std::move(file);
}

}  // namespace walferry
