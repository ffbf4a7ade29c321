#include "dlq/dead_letter_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/row_json.h"

namespace walferry {

namespace {

std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

JsonField field_of(const Relation& relation, TupleData row, std::size_t i) {
    return {relation.columns[i].name, relation.columns[i].type_oid, row[i]};
}

/// The text of a value as the stream would carry it.
std::string text_of(const nlohmann::ordered_json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "t" : "f";
    return value.dump();
}

}  // namespace

std::string row_json(const Relation& relation, TupleData row) {
    std::vector<JsonField> fields;
    const std::size_t count = std::min(row.size(), relation.columns.size());
    for (std::size_t i = 0; i < count; ++i) fields.push_back(field_of(relation, row, i));
    return storable_text(row_json(fields));
}

std::string row_json(const Relation& relation, TupleData row, std::span<const std::uint16_t> which) {
    std::vector<JsonField> fields;
    for (const std::uint16_t i : which) {
        if (i < row.size() && i < relation.columns.size()) fields.push_back(field_of(relation, row, i));
    }
    return storable_text(row_json(fields));
}

std::string row_json_of_texts(std::string_view json) {
    const auto values = parse_row_json(json);
    if (!values) return std::string(json);
    std::vector<JsonField> fields;
    for (const auto& [name, value] : values.value())
        fields.push_back({name, 0, value ? ColumnValue{ValueKind::Text, *value} : ColumnValue{}});
    return row_json(fields);
}

Result<NamedTexts> parse_row_json(std::string_view json) {
    const auto object = nlohmann::ordered_json::parse(json, nullptr, false);
    if (!object.is_object()) return Error{ErrorKind::Data, "the dead letter's row is no JSON object", "", ""};
    NamedTexts values;
    for (const auto& [name, value] : object.items()) {
        if (value.is_null()) {
            values.emplace_back(name, std::nullopt);
        } else {
            values.emplace_back(name, text_of(value));
        }
    }
    return values;
}

std::string storable_text(std::string_view text) {
    std::string stored = nlohmann::json::parse(json_text(text)).get<std::string>();
    stored.erase(std::remove(stored.begin(), stored.end(), '\0'), stored.end());
    return stored;
}

}  // namespace walferry
