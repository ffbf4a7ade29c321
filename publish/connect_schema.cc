#include "publish/connect_schema.h"

#include <array>
#include <cstddef>

#include "model/json_text.h"

namespace walferry::publish {

namespace {

constexpr std::array<std::string_view, 11> type_names{"boolean", "int16", "int32", "int64", "float", "double",
                                                      "string",  "bytes", "array", "map",   "struct"};

void append_members(std::string& to, const ConnectSchema& schema) {
    if (schema.type == ConnectType::Struct) {
        to += ",\"fields\":[";
        for (const auto& [name, field] : schema.fields) {
            if (to.back() != '[') to += ',';
            append_schema_json(to, field, name);
        }
        to += ']';
    }
    if (schema.type == ConnectType::Array) {
        to += ",\"items\":";
        append_schema_json(to, schema.items[0]);
    }
    if (schema.type == ConnectType::Map) {
        to += ",\"keys\":";
        append_schema_json(to, schema.items[0]);
        to += ",\"values\":";
        append_schema_json(to, schema.items[1]);
    }
}

}  // namespace

void append_schema_json(std::string& to, const ConnectSchema& schema, std::optional<std::string_view> field) {
    const auto text_member = [&](std::string_view name, std::string_view text) {
        to += ",\"";
        to += name;
        to += "\":";
        append_json_string(to, text);
    };
    to += "{\"type\":\"";
    to += type_names[static_cast<std::size_t>(schema.type)];
    to += '"';
    append_members(to, schema);
    to += schema.optional ? ",\"optional\":true" : ",\"optional\":false";
    if (!schema.name.empty()) text_member("name", schema.name);
    if (schema.version != 0) to += ",\"version\":" + std::to_string(schema.version);
    if (!schema.doc.empty()) text_member("doc", schema.doc);
    if (!schema.parameters.empty()) {
        to += ",\"parameters\":{";
        for (const auto& [name, value] : schema.parameters) {
            if (to.back() != '{') to += ',';
            append_json_string(to, name);
            to += ':';
            append_json_string(to, value);
        }
        to += '}';
    }
    if (!schema.default_json.empty()) to += ",\"default\":" + schema.default_json;
    if (field) text_member("field", *field);
    to += '}';
}

}  // namespace walferry::publish
