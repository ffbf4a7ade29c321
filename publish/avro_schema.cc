#include "publish/avro_schema.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string_view>
#include <utility>

#include "model/avro_name.h"
#include "model/base64.h"
#include "model/json_text.h"

namespace walferry::publish {

namespace {

constexpr std::string_view column_name_parameter = "__debezium.source.column.name";

std::string_view primitive_name(ConnectType type) {
    switch (type) {
        case ConnectType::Boolean:
            return "boolean";
        case ConnectType::Int16:
        case ConnectType::Int32:
            return "int";
        case ConnectType::Int64:
            return "long";
        case ConnectType::Float32:
            return "float";
        case ConnectType::Float64:
            return "double";
        case ConnectType::Bytes:
            return "bytes";
        default:
            return "string";
    }
}

/// The logical types of Connect that are Avro's, too.
std::string_view logical_type(std::string_view name) {
    constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"org.apache.kafka.connect.data.Date", "date"},
        {"org.apache.kafka.connect.data.Time", "time-millis"},
        {"org.apache.kafka.connect.data.Timestamp", "timestamp-millis"}};
    for (const auto& [known, logical] : names) {
        if (known == name) return logical;
    }
    return {};
}

/// The default as JSON for Avro, whose bytes are texts of the characters U+0000 to U+00FF. Empty: there is
/// none, or Avro has no word for it (NaN, what is made of parts).
std::string avro_default(const ConnectSchema& schema) {
    const std::string& json = schema.default_json;
    switch (schema.type) {
        case ConnectType::Array:
        case ConnectType::Map:
        case ConnectType::Struct:
            return {};
        case ConnectType::Float32:
        case ConnectType::Float64:
            return json.starts_with('"') ? std::string() : json;
        case ConnectType::Bytes:
            break;
        default:
            return json;
    }
    std::string bytes;
    if (json.size() < 2 || !append_from_base64(bytes, std::string_view(json).substr(1, json.size() - 2)))
        return {};
    std::string made = "\"";
    for (const char letter : bytes) made += fmt::format("\\u{:04x}", static_cast<unsigned char>(letter));
    return made + "\"";
}

int parameter(const ConnectSchema& schema, std::string_view name, int fallback) {
    for (const auto& [known, value] : schema.parameters) {
        int number = 0;
        const char* end = value.data() + value.size();
        if (known == name && std::from_chars(value.data(), end, number).ptr == end) return number;
    }
    return fallback;
}

class AvroText {
 public:
    Status append(const ConnectSchema& schema) {
        if (!schema.optional) return append_type(schema);
        const bool null_first = avro_default(schema).empty();
        text_ += null_first ? "[\"null\"," : "[";
        WALFERRY_TRYV(append_type(schema));
        text_ += null_first ? "]" : ",\"null\"]";
        return success();
    }

    std::string take() { return std::move(text_); }

 private:
    Status append_type(const ConnectSchema& schema) {
        if (schema.type == ConnectType::Struct) return append_record(schema);
        const bool array = schema.type == ConnectType::Array;
        if (!array && schema.type != ConnectType::Map) {
            append_primitive(schema);
            return success();
        }
        text_ += array ? R"({"type":"array","items":)" : R"({"type":"map","values":)";
        WALFERRY_TRYV(append(schema.items[array ? 0 : 1]));
        append_properties(schema);
        text_ += '}';
        return success();
    }

    void append_primitive(const ConnectSchema& schema) {
        const std::size_t first = text_.size();
        text_ += R"({"type":")";
        text_ += primitive_name(schema.type);
        text_ += '"';
        const std::size_t bare = text_.size();
        append_properties(schema);
        if (text_.size() > bare) {
            text_ += '}';
            return;
        }
        text_.resize(first);
        append_json_string(text_, primitive_name(schema.type));
    }

    void append_text(std::string_view name, std::string_view value) {
        text_ += ",\"";
        text_ += name;
        text_ += "\":";
        append_json_string(text_, value);
    }

    void append_properties(const ConnectSchema& schema) {
        constexpr int precision_without = 64;  // AvroData's
        const bool decimal = schema.name == "org.apache.kafka.connect.data.Decimal";
        const int scale = parameter(schema, "scale", 0);
        const int precision = parameter(schema, "connect.decimal.precision", precision_without);
        if (decimal) text_ += fmt::format(R"(,"scale":{},"precision":{})", scale, precision);
        if (!schema.doc.empty()) append_text("connect.doc", schema.doc);
        if (schema.version != 0) text_ += fmt::format(R"(,"connect.version":{})", schema.version);
        if (!schema.parameters.empty()) {
            text_ += R"(,"connect.parameters":{)";
            for (const auto& [name, value] : schema.parameters) {
                if (text_.back() != '{') text_ += ',';
                append_json_string(text_, name);
                text_ += ':';
                append_json_string(text_, value);
            }
            text_ += '}';
        }
        if (const std::string value = avro_default(schema); !value.empty())
            text_ += ",\"connect.default\":" + value;
        if (!schema.name.empty()) append_text("connect.name", avro_full_name(schema.name));
        if (schema.type == ConnectType::Int16) append_text("connect.type", "int16");
        if (decimal && scale >= 0 && scale <= precision) append_text("logicalType", "decimal");
        if (const std::string_view logical = logical_type(schema.name); !logical.empty())
            append_text("logicalType", logical);
    }

    /// The first time it is spelt out, then it is a name.
    Status append_record(const ConnectSchema& schema) {
        const std::string full =
            schema.name.empty() ? "io.confluent.connect.avro.ConnectDefault" : avro_full_name(schema.name);
        const auto [known, is_new] = records_.emplace(full, &schema);
        if (!is_new) {
            if (!same_record(*known->second, schema))
                return Error{ErrorKind::Schema, fmt::format("two schemas are called {} in Avro", full), "",
                             ""};
            append_json_string(text_, full);
            return success();
        }
        const std::size_t point = full.rfind('.');
        text_ += R"({"type":"record")";
        append_text("name", full.substr(point == std::string::npos ? 0 : point + 1));
        if (point != std::string::npos) append_text("namespace", full.substr(0, point));
        text_ += ",\"fields\":[";
        std::map<std::string, std::string_view> names;
        for (const auto& [name, field] : schema.fields) {
            const std::string in_avro = avro_name(name);
            const auto [other, unique] = names.emplace(in_avro, name);
            if (!unique)
                return Error{ErrorKind::Schema,
                             fmt::format("{}: '{}' and '{}' are both called {} in Avro", full, other->second,
                                         name, in_avro),
                             "rename one of the columns, or publish as JSON", ""};
            if (text_.back() != '[') text_ += ',';
            WALFERRY_TRYV(append_field(name, in_avro, field));
        }
        text_ += ']';
        append_properties(schema);
        text_ += '}';
        return success();
    }

    Status append_field(const std::string& name, const std::string& in_avro, const ConnectSchema& field) {
        text_ += R"({"name":")" + in_avro + R"(","type":)";
        const bool mangled = in_avro != name;
        // A record has its parameters where it is spelt out, which may be another field's.
        if (mangled && field.type != ConnectType::Struct) {
            ConnectSchema named = field;
            named.parameters.emplace_back(column_name_parameter, name);
            WALFERRY_TRYV(append(named));
        } else {
            WALFERRY_TRYV(append(field));
            if (mangled) append_text(column_name_parameter, name);
        }
        if (!field.doc.empty()) append_text("doc", field.doc);
        if (const std::string value = avro_default(field); !value.empty()) {
            text_ += ",\"default\":" + value;
        } else if (field.optional) {
            text_ += ",\"default\":null";
        }
        text_ += '}';
        return success();
    }

    static bool same_record(const ConnectSchema& one, ConnectSchema other) {
        other.optional = one.optional;
        std::string texts[2];
        append_schema_json(texts[0], one);
        append_schema_json(texts[1], other);
        return texts[0] == texts[1];
    }

    std::string text_;
    std::map<std::string, const ConnectSchema*> records_;
};

}  // namespace

Result<std::string> avro_schema_text(const ConnectSchema& schema) {
    AvroText text;
    WALFERRY_TRYV(text.append(schema));
    return text.take();
}

AvroShape avro_shape(const ConnectSchema& schema) {
    AvroShape shape;
    shape.type = schema.type;
    if (schema.optional) shape.null_branch = avro_default(schema).empty() ? 0 : 1;
    for (const auto& [name, field] : schema.fields) shape.parts.push_back(avro_shape(field));
    if (schema.type == ConnectType::Array) shape.parts.push_back(avro_shape(schema.items[0]));
    if (schema.type == ConnectType::Map) shape.parts.push_back(avro_shape(schema.items[1]));
    return shape;
}

}  // namespace walferry::publish
