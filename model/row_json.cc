#include "model/row_json.h"

#include "model/json_text.h"
#include "model/pg_types.h"

namespace walferry {

namespace {

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex = "\\x";
    for (const char letter : bytes) {
        const auto byte = static_cast<unsigned char>(letter);
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

}  // namespace

void append_json_value(std::string& to, std::uint32_t type_oid, std::string_view text) {
    if (type_oid == pg_types::boolean && (text == "t" || text == "true")) {
        to += "true";
    } else if (type_oid == pg_types::boolean && (text == "f" || text == "false")) {
        to += "false";
    } else if (pg_types::is_integer(type_oid) && is_json_number(text)) {
        to += text;
    } else {
        append_json_string(to, text);
    }
}

std::string row_json(std::span<const JsonField> fields) {
    std::string json = "{";
    for (const JsonField& field : fields) {
        if (field.value.kind == ValueKind::UnchangedToast) continue;
        if (json.size() > 1) json += ',';
        append_json_string(json, field.name);
        json += ':';
        switch (field.value.kind) {
            case ValueKind::Text:
                append_json_value(json, field.type_oid, field.value.bytes);
                break;
            case ValueKind::Binary:
                append_json_string(json, hex_of(field.value.bytes));
                break;
            case ValueKind::Null:
            case ValueKind::UnchangedToast:
                json += "null";
        }
    }
    return json + "}";
}

}  // namespace walferry
