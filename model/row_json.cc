#include "model/row_json.h"

#include "model/pg_types.h"

namespace walferry {

namespace {

void append_value(std::string& to, const JsonField& field) {
    const std::string_view text = field.value.bytes;
    switch (field.type_oid) {
        case pg_types::int2:
        case pg_types::int4:
        case pg_types::int8:
        case pg_types::oid:
            to += text;
            return;
        case pg_types::boolean:
            to += text == "t" ? "true" : "false";
            return;
        default:
            append_json_string(to, text);
    }
}

}  // namespace

void append_json_string(std::string& to, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    to += '"';
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            to += '\\';
            to += letter;
        } else if (letter == '\n') {
            to += "\\n";
        } else if (byte < 0x20) {
            to += "\\u00";
            to += hex[byte >> 4];
            to += hex[byte & 15];
        } else {
            to += letter;
        }
    }
    to += '"';
}

std::string row_json(std::span<const JsonField> fields) {
    std::string json = "{";
    for (const JsonField& field : fields) {
        if (field.value.kind == ValueKind::UnchangedToast) continue;
        if (json.size() > 1) json += ", ";
        append_json_string(json, field.name);
        json += ": ";
        if (field.value.kind == ValueKind::Null) {
            json += "null";
        } else {
            append_value(json, field);
        }
    }
    return json + "}";
}

}  // namespace walferry
