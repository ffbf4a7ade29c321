#include "dlq/dead_letter_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace walferry {

namespace {

std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string hex_of(std::string_view bytes) {
    std::string hex = "\\x";
    for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return hex;
}

/// One object, member by member: nlohmann's ordered object looks for a name among all before it at each
/// insertion.
class ObjectText {
 public:
    void add(std::string_view name, const std::string& json) {
        if (text_.size() > 1) text_ += ',';
        text_ += json_text(name);
        text_ += ':';
        text_ += json;
    }
    void add(std::string_view name, const ColumnValue& value) {
        switch (value.kind) {
            case ValueKind::Null:
                return add(name, std::string("null"));
            case ValueKind::UnchangedToast:
                return;
            case ValueKind::Text:
                return add(name, json_text(value.bytes));
            case ValueKind::Binary:
                return add(name, json_text(hex_of(value.bytes)));
        }
    }
    std::string finish() { return std::move(text_) + '}'; }

 private:
    std::string text_ = "{";
};

}  // namespace

std::string to_json(const NamedTexts& values) {
    ObjectText object;
    for (const auto& [name, value] : values) object.add(name, value ? json_text(*value) : "null");
    return object.finish();
}

std::string row_json(const Relation& relation, TupleData row) {
    ObjectText object;
    const std::size_t count = std::min(row.size(), relation.columns.size());
    for (std::size_t i = 0; i < count; ++i) object.add(relation.columns[i].name, row[i]);
    return object.finish();
}

std::string row_json(const Relation& relation, TupleData row, std::span<const std::uint16_t> which) {
    ObjectText object;
    for (const std::uint16_t i : which) {
        if (i < row.size() && i < relation.columns.size()) object.add(relation.columns[i].name, row[i]);
    }
    return object.finish();
}

Result<NamedTexts> parse_row_json(std::string_view json) {
    const auto object = nlohmann::ordered_json::parse(json, nullptr, false);
    if (!object.is_object()) return Error{ErrorKind::Data, "the dead letter's row is no JSON object", "", ""};
    NamedTexts values;
    for (const auto& [name, value] : object.items()) {
        if (value.is_null()) {
            values.emplace_back(name, std::nullopt);
        } else {
            values.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
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
