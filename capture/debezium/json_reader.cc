#include "capture/debezium/json_reader.h"

#include <charconv>
#include <utility>

#include "capture/debezium/json_blank.h"
#include "model/json_text.h"

namespace walferry::debezium {

namespace ondemand = simdjson::ondemand;

namespace {

constexpr int depth_max = 64;

bool read_number(std::string_view token, ConnectValue& to) {
    while (!token.empty() && is_json_blank(token.back())) token.remove_suffix(1);
    to.text = token;
    const char* end = token.data() + token.size();
    const auto [stop, error] = std::from_chars(token.data(), end, to.integer);
    const std::size_t digits = token.starts_with('-') ? 1 : 0;
    const bool leading_zero = token.size() > digits + 1 && token[digits] == '0';
    if (error == std::errc() && stop == end && !leading_zero) {
        to.kind = ConnectValue::Kind::Integer;
        return true;
    }
    to.kind = ConnectValue::Kind::Number;
    return is_json_number(token);
}

}  // namespace

bool JsonReader::read(ondemand::value from, ConnectValue& to, int depth) {
    ondemand::json_type type{};
    if (depth > depth_max || from.type().get(type)) return false;
    to = {};
    switch (type) {
        case ondemand::json_type::string:
            to.kind = ConnectValue::Kind::String;
            return read_string(from, to.text);
        case ondemand::json_type::number:
            // Not consumed: the iteration goes on behind it all the same.
            return read_number(from.raw_json_token(), to);
        case ondemand::json_type::boolean:
            to.kind = ConnectValue::Kind::Boolean;
            return from.get_bool().get(to.boolean) == simdjson::SUCCESS;
        case ondemand::json_type::null: {
            bool is_null = false;
            return from.is_null().get(is_null) == simdjson::SUCCESS && is_null;
        }
        case ondemand::json_type::array:
            return read_array(from, to, depth);
        case ondemand::json_type::object:
            return read_object(from, to, depth);
    }
    return false;
}

bool JsonReader::read_array(ondemand::value from, ConnectValue& to, int depth) {
    ondemand::array array;
    if (from.get_array().get(array)) return false;
    const std::size_t begin = items_.size();
    bool good = true;
    for (auto element : array) {
        ondemand::value value;
        ConnectValue item;
        good = element.get(value) == simdjson::SUCCESS && read(value, item, depth + 1);
        if (!good) break;
        items_.push_back(item);
    }
    to.kind = ConnectValue::Kind::Array;
    if (good) to.items = arena_.copy(std::span<const ConnectValue>(items_).subspan(begin));
    items_.resize(begin);
    return good;
}

bool JsonReader::read_object(ondemand::value from, ConnectValue& to, int depth) {
    ondemand::object object;
    if (from.get_object().get(object)) return false;
    const std::size_t begin = fields_.size();
    bool good = true;
    for (auto item : object) {
        ondemand::field field;
        ConnectField read_field;
        good = std::move(item).get(field) == simdjson::SUCCESS &&
               field.unescaped_key().get(read_field.name) == simdjson::SUCCESS &&
               read(field.value(), read_field.value, depth + 1);
        if (!good) break;
        fields_.push_back(read_field);
    }
    to.kind = ConnectValue::Kind::Struct;
    if (good) to.fields = arena_.copy(std::span<const ConnectField>(fields_).subspan(begin));
    fields_.resize(begin);
    return good;
}

}  // namespace walferry::debezium
