#include "capture/debezium/connect_type.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <utility>

namespace walferry::debezium {

namespace {

constexpr int depth_max = 12;

Error unreadable_schema(std::string_view what) {
    return Error{ErrorKind::Data, fmt::format("the record's schema can't be read: {}", what), "", ""};
}

constexpr std::pair<std::string_view, ConnectKind> kinds[] = {
    {"boolean", ConnectKind::Boolean}, {"int8", ConnectKind::Int8},      {"int16", ConnectKind::Int16},
    {"int32", ConnectKind::Int32},     {"int64", ConnectKind::Int64},    {"float", ConnectKind::Float32},
    {"float32", ConnectKind::Float32}, {"double", ConnectKind::Float64}, {"float64", ConnectKind::Float64},
    {"string", ConnectKind::String},   {"bytes", ConnectKind::Bytes},    {"array", ConnectKind::Array},
    {"map", ConnectKind::Map},         {"struct", ConnectKind::Struct}};

std::string_view text_of(simdjson::dom::object object, std::string_view key) {
    std::string_view text;
    return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

/// A parameter that is a number; all parameters are strings.
Status read_parameter(simdjson::dom::object parameters, std::string_view name, std::int32_t& to) {
    const std::string_view text = text_of(parameters, name);
    if (text.empty()) return success();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    if (error == std::errc() && end == text.data() + text.size()) return success();
    return unreadable_schema(fmt::format("parameter {} is '{}'", name, text));
}

Result<ConnectType> read_type(simdjson::dom::element element, int depth);

Status read_part(simdjson::dom::object object, std::string_view key, ConnectType& to, int depth) {
    simdjson::dom::element part;
    if (object[key].get(part)) return unreadable_schema(fmt::format("a type without {}", key));
    WALFERRY_TRY(type, read_type(part, depth));
    to.parts.push_back(std::move(type));
    return success();
}

Status read_parts(simdjson::dom::object object, ConnectType& to, int depth) {
    if (to.kind == ConnectKind::Array) return read_part(object, "items", to, depth);
    if (to.kind == ConnectKind::Map) {
        WALFERRY_TRYV(read_part(object, "keys", to, depth));
        return read_part(object, "values", to, depth);
    }
    if (to.kind != ConnectKind::Struct) return success();
    simdjson::dom::array fields;
    if (object["fields"].get(fields)) return unreadable_schema("a struct without fields");
    for (const simdjson::dom::element field : fields) {
        WALFERRY_TRY(type, read_type(field, depth));
        to.parts.push_back(std::move(type));
    }
    return success();
}

Result<ConnectType> read_type(simdjson::dom::element element, int depth) {
    if (depth > depth_max) return unreadable_schema("it is nested too deeply");
    simdjson::dom::object object;
    if (element.get(object)) return unreadable_schema("a type that is no object");
    ConnectType type;
    const std::string_view kind = text_of(object, "type");
    bool known = false;
    for (const auto& [name, value] : kinds) {
        if (name != kind) continue;
        type.kind = value;
        known = true;
    }
    if (!known) return unreadable_schema(fmt::format("unknown type '{}'", kind));
    type.name = text_of(object, "name");
    type.field = text_of(object, "field");
    simdjson::dom::object parameters;
    if (object["parameters"].get(parameters) == simdjson::SUCCESS) {
        WALFERRY_TRYV(read_parameter(parameters, "connect.decimal.precision", type.precision));
        WALFERRY_TRYV(read_parameter(parameters, "scale", type.scale));
        WALFERRY_TRYV(read_parameter(parameters, "length", type.length));
    }
    WALFERRY_TRYV(read_parts(object, type, depth + 1));
    return type;
}

}  // namespace

const ConnectType* ConnectType::find(std::string_view field_name) const {
    if (kind != ConnectKind::Struct) return nullptr;
    for (const ConnectType& part : parts) {
        if (part.field == field_name) return &part;
    }
    return nullptr;
}

Result<ConnectType> parse_connect_type(std::string_view json) {
    simdjson::dom::parser parser;
    const simdjson::padded_string padded(json);
    simdjson::dom::element root;
    if (const auto error = parser.parse(padded).get(root))
        return unreadable_schema(simdjson::error_message(error));
    return read_type(root, 0);
}

}  // namespace walferry::debezium
