#include "capture/debezium/placeholder.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/base64.h"
#include "model/json_text.h"
#include "model/name_uuid.h"
#include "model/pg_types.h"

namespace walferry::debezium {

namespace {

using Kind = ConnectValue::Kind;

}  // namespace

Placeholder::Placeholder(std::string text) : text_(std::move(text)), uuid_(name_uuid(text_)) {
    append_base64(base64_, text_);
    std::string quoted;
    append_json_string(quoted, text_);
    hstore_ = "{" + quoted + ":" + quoted + "}";
}

bool Placeholder::matches_text(const ConnectValue& value) const {
    return value.is(Kind::String) && value.text == text_;
}

bool Placeholder::matches_bytes(const ConnectValue& value, BinaryMode binary) const {
    if (value.is(Kind::Bytes)) return value.text == text_;
    return value.is(Kind::String) && value.text == (binary == BinaryMode::Hex ? text_ : base64_);
}

bool Placeholder::matches_hstore(const ConnectValue& value) const {
    if (value.is(Kind::String)) return value.text == hstore_;
    return value.is(Kind::Struct) && value.fields.size() == 1 && value.fields[0].name == text_ &&
           matches_text(value.fields[0].value);
}

bool Placeholder::matches_codes(const ConnectValue& value) const {
    const auto is_code = [](const ConnectValue& item, char letter) {
        return item.is(Kind::Integer) && item.integer == static_cast<signed char>(letter);
    };
    return std::equal(value.items.begin(), value.items.end(), text_.begin(), text_.end(), is_code);
}

bool Placeholder::matches_array(const ConnectValue& value, const ColumnForm& form) const {
    if (!value.is(Kind::Array) || value.items.empty()) return false;
    const ConnectValue& first = value.items.front();
    if (first.is(Kind::Integer)) {
        const std::uint32_t type = form.type.oid;
        return (type == pg_types::int4 || type == pg_types::int8 || type == pg_types::date) &&
               matches_codes(value);
    }
    if (value.items.size() != 1) return false;
    if (form.type.oid == pg_types::uuid) return first.is(Kind::String) && first.text == uuid_;
    if (form.form == Form::Bytea) return matches_bytes(first, form.binary);
    return (form.form == Form::Text || form.form == Form::Json) && matches_text(first);
}

bool Placeholder::matches_any(const ConnectValue& value) const {
    if (value.is(Kind::Array) && !value.items.empty()) {
        const ConnectValue& first = value.items.front();
        if (value.items.size() > 1) return first.is(Kind::Integer) && matches_codes(value);
        return first.is(Kind::String) &&
               (first.text == text_ || first.text == base64_ || first.text == uuid_);
    }
    return matches_text(value) || matches_bytes(value, BinaryMode::Bytes) || matches_hstore(value);
}

bool Placeholder::matches(const ConnectValue& value, const ColumnForm& form) const {
    switch (form.form) {
        case Form::Inferred:
            return matches_any(value);
        case Form::Text:
            return matches_text(value);
        case Form::Json:
            // A schema has one name for json, jsonb and hstore.
            return matches_text(value) || (form.origin == TypeOrigin::Schema && matches_hstore(value));
        case Form::Numeric:
            return form.decimal_is_text && matches_text(value);
        case Form::Hstore:
            return matches_hstore(value);
        case Form::Bytea:
            return matches_bytes(value, form.binary);
        case Form::Array:
            return matches_array(value, *form.element);
        default:
            return false;
    }
}

bool is_zero_value(const ConnectValue& value) {
    constexpr std::string_view zeros[] = {"", "AA==", "{}", "00:00:00Z",
                                          "00000000-0000-0000-0000-000000000000"};
    switch (value.kind) {
        case Kind::Null:
            return true;
        case Kind::Boolean:
            return !value.boolean;
        case Kind::Integer:
            return value.integer == 0;
        case Kind::Number:
            return value.text.find_first_of("123456789") == std::string_view::npos && value.number == 0;
        case Kind::Bytes:
            return value.text.find_first_not_of('\0') == std::string_view::npos;
        case Kind::String:
            return std::find(std::begin(zeros), std::end(zeros), value.text) != std::end(zeros) ||
                   value.text.starts_with("1970-01-01T00:00:00");
        case Kind::Array:
            return value.items.empty();
        case Kind::Struct:
            return std::all_of(value.fields.begin(), value.fields.end(),
                               [](const ConnectField& field) { return is_zero_value(field.value); });
    }
    return false;
}

}  // namespace walferry::debezium
