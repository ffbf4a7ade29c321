#include "capture/debezium/json_form.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "capture/debezium/float_text.h"
#include "model/base64.h"
#include "model/json_text.h"

namespace walferry::debezium {

namespace {

using Kind = ConnectValue::Kind;

void append_number(std::string& to, const ConnectValue& value) {
    if (!value.text.empty()) {
        to += value.text;
    } else if (value.is(Kind::Integer)) {
        to += std::to_string(value.integer);
    } else {
        const bool finite = std::isfinite(value.number);
        if (!finite) to += '"';
        append_float8(to, value.number);
        if (!finite) to += '"';
    }
}

void append_quoted(std::string& to, std::string_view text) {
    to += '"';
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') to += '\\';
        to += letter;
    }
    to += '"';
}

}  // namespace

void append_json(std::string& to, const ConnectValue& value) {
    char before = value.is(Kind::Array) ? '[' : '{';
    switch (value.kind) {
        case Kind::Null:
            to += "null";
            return;
        case Kind::Boolean:
            to += value.boolean ? "true" : "false";
            return;
        case Kind::Integer:
        case Kind::Number:
            append_number(to, value);
            return;
        case Kind::String:
            append_json_string(to, value.text);
            return;
        case Kind::Bytes:
            to += '"';
            append_base64(to, value.text);
            to += '"';
            return;
        case Kind::Array:
            if (value.items.empty()) to += before;
            for (const ConnectValue& item : value.items) {
                to += before;
                append_json(to, item);
                before = ',';
            }
            to += ']';
            return;
        case Kind::Struct:
            if (value.fields.empty()) to += before;
            for (const ConnectField& field : value.fields) {
                to += before;
                append_json_string(to, field.name);
                to += ':';
                append_json(to, field.value);
                before = ',';
            }
            to += '}';
            return;
    }
}

bool append_hstore(std::string& to, const ConnectValue& object) {
    std::vector<const ConnectField*> entries;
    for (const ConnectField& field : object.fields) {
        if (!field.value.is(Kind::String) && !field.value.is(Kind::Null)) return false;
        entries.push_back(&field);
    }
    // hstore's own order: by length, then by bytes.
    std::stable_sort(entries.begin(), entries.end(), [](const ConnectField* left, const ConnectField* right) {
        if (left->name.size() != right->name.size()) return left->name.size() < right->name.size();
        return left->name < right->name;
    });
    const std::size_t begin = to.size();
    for (const ConnectField* entry : entries) {
        if (to.size() > begin) to += ", ";
        append_quoted(to, entry->name);
        to += "=>";
        if (entry->value.is(Kind::Null)) {
            to += "NULL";
        } else {
            append_quoted(to, entry->value.text);
        }
    }
    return object.is(Kind::Struct);
}

bool append_hstore_of_json(std::string& to, std::string_view json) {
    simdjson::dom::parser parser;
    const simdjson::padded_string padded(json);
    simdjson::dom::object object;
    if (parser.parse(padded).get(object)) return false;
    std::vector<ConnectField> fields;
    for (const auto& [name, value] : object) {
        ConnectField field{name, {}};
        if (value.is_string()) {
            field.value.kind = Kind::String;
            if (value.get(field.value.text)) return false;
        } else if (!value.is_null()) {
            return false;
        }
        fields.push_back(field);
    }
    ConnectValue entries;
    entries.kind = Kind::Struct;
    entries.fields = fields;
    return append_hstore(to, entries);
}

}  // namespace walferry::debezium
