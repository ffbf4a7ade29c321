#include <fmt/format.h>

#include <limits>
#include <string>

#include "config/config.h"
#include "config/keys.h"
#include "config/quantity.h"

namespace walferry {
namespace {

/// An expanded variable can stand for any value, so each may be text that holds one.
constexpr std::string_view variable_pattern = R"(\$\{)";

std::string json_text(std::string_view text) {
    std::string result = "\"";
    for (const char byte : text) {
        if (byte == '"' || byte == '\\') result += '\\';
        result += byte;
    }
    return result + "\"";
}

std::string text_with_pattern(std::string_view pattern) {
    return fmt::format(R"("type": "string", "pattern": {})",
                       json_text(fmt::format("{}|{}", pattern, variable_pattern)));
}

std::string choice_keywords(const Key& key) {
    std::string values;
    for (const KeyChoice& choice : key.choices) {
        if (choice.availability == Availability::Later) continue;
        values += values.empty() ? "" : ", ";
        values += json_text(choice.value);
    }
    return fmt::format(R"("anyOf": [{{"enum": [{}]}}, {{"type": "string", "pattern": {}}}])", values,
                       json_text(variable_pattern));
}

std::string default_keyword(const Key& key) {
    if (key.default_text.empty()) return {};
    const bool bare = key.type == KeyType::Integer || key.type == KeyType::Fraction ||
                      key.type == KeyType::Boolean || key.default_text.starts_with('"');
    return fmt::format(R"(, "default": {})",
                       bare ? std::string(key.default_text) : json_text(key.default_text));
}

std::string schema_of(const Key& key, const std::string& indent);

/// `type`, `properties` and so on of a map that holds the keys below `path`.
/// `section` may be null: the file itself.
std::string map_keywords(std::string_view path, const Key* section, const std::string& indent) {
    const std::string inner = indent + "  ";
    std::string properties;
    std::string required;
    std::string kinds;
    for (const Key* key : keys_below(path)) {
        if (!key->available()) continue;
        properties += fmt::format("{}\n{}  {}: {{{}}}", properties.empty() ? "" : ",", inner,
                                  json_text(key->name()), schema_of(*key, inner + "  "));
        if (key->required) required += (required.empty() ? "" : ", ") + json_text(key->name());
        if (section == nullptr) continue;
        for (const std::string_view kind : section->one_of) {
            if (kind != key->name()) continue;
            kinds += fmt::format(R"({}{{"required": [{}]}})", kinds.empty() ? "" : ", ", json_text(kind));
        }
    }
    std::string result = fmt::format(
        R"("type": {}, "additionalProperties": false,)",
        required.empty() && kinds.empty() && section != nullptr ? R"(["object", "null"])" : R"("object")");
    if (!required.empty()) result += fmt::format("\n{}\"required\": [{}],", inner, required);
    if (!kinds.empty() && section->none_of)
        result += fmt::format("\n{}\"not\": {{\"allOf\": [{}]}},", inner, kinds);
    else if (!kinds.empty())
        result += fmt::format("\n{}\"oneOf\": [{}],", inner, kinds);
    return result + fmt::format("\n{0}\"properties\": {{{1}\n{0}}}\n{2}", inner, properties, indent);
}

std::string number_keywords(const Key& key) {
    std::string result = fmt::format(R"("type": ["integer", "string"], "pattern": {}, "minimum": {})",
                                     json_text(variable_pattern), key.least);
    if (key.most != std::numeric_limits<std::int64_t>::max())
        result += fmt::format(R"(, "maximum": {})", key.most);
    return result;
}

std::string type_keywords(const Key& key, const std::string& indent) {
    switch (key.type) {
        case KeyType::Section:
            return map_keywords(key.path, &key, indent);
        case KeyType::SectionList: {
            const std::string item_path = std::string(key.path) + "[]";
            return fmt::format(R"("type": "array", "minItems": 1, "items": {{{}}})",
                               map_keywords(item_path, find_key(item_path), indent));
        }
        case KeyType::SectionMap: {
            const std::string item_path = std::string(key.path) + ".*";
            return fmt::format(R"("type": "object", "additionalProperties": {{{}}})",
                               map_keywords(item_path, find_key(item_path), indent));
        }
        case KeyType::Text:
        case KeyType::Connection:
            return R"("type": "string")";
        case KeyType::Choice:
            return choice_keywords(key);
        case KeyType::Integer:
            return number_keywords(key);
        case KeyType::Bytes:
            return text_with_pattern(R"(^[0-9]+(\.[0-9]+)? *([KkMmGgTt][Ii]?)?[Bb]$)");
        case KeyType::Fraction:
            return fmt::format(R"("type": ["number", "string"], "pattern": {}, "minimum": {}, "maximum": {})",
                               json_text(variable_pattern), fraction_text(key.least),
                               fraction_text(key.most));
        case KeyType::Duration:
            return R"("type": ["string", "integer"], "maximum": 0, "pattern": "^([0-9]+(ms|s|m|h|d)|0)$|\\$\\{")";
        case KeyType::Boolean:
            return R"("type": ["boolean", "string"], "pattern": "\\$\\{")";
        case KeyType::TextList:
            return R"("type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"]})";
        case KeyType::TextMap:
            return R"("type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]})";
        case KeyType::Range:
            return R"("type": "array", "minItems": 2, "maxItems": 2)";
    }
    return {};
}

/// The inside of the braces.
std::string schema_of(const Key& key, const std::string& indent) {
    return fmt::format(R"("description": {}{}, {})", json_text(key.description), default_keyword(key),
                       type_keywords(key, indent));
}

}  // namespace

std::string config_json_schema() {
    return "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
           "  \"title\": \"walferry configuration\",\n"
           "  \"anyOf\": [{\"required\": [\"warehouse\"]}, {\"required\": [\"publish\"]}],\n  " +
           map_keywords({}, nullptr, "") + "}\n";
}

}  // namespace walferry
