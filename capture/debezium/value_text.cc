#include "capture/debezium/value_text.h"

#include <simdjson.h>

#include <charconv>
#include <cstring>

#include "capture/debezium/decimal_text.h"
#include "capture/debezium/float_text.h"
#include "capture/debezium/geometry_text.h"
#include "capture/debezium/json_form.h"
#include "capture/debezium/temporal_form.h"
#include "model/base64.h"

namespace walferry::debezium {

namespace {

using Kind = ConnectValue::Kind;

/// PostgreSQL's text has no NUL in any type.
bool has_nul(std::string_view text) {
    return std::memchr(text.data(), 0, text.size()) != nullptr;
}

bool is_integer_text(std::string_view text) {
    return !text.empty() && text != "-0";
}

/// As array_out: what could be taken for something else is quoted.
void append_element(std::string& to, std::string_view text) {
    bool quoted = text.empty();
    const auto lower = [](char letter) { return static_cast<char>(letter | 0x20); };
    if (text.size() == 4 && lower(text[0]) == 'n' && lower(text[1]) == 'u' && lower(text[2]) == 'l' &&
        lower(text[3]) == 'l')
        quoted = true;
    quoted = quoted || text.find_first_of("\"\\{}, \t\n\r\v\f") != std::string_view::npos;
    if (!quoted) {
        to += text;
        return;
    }
    to += '"';
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') to += '\\';
        to += letter;
    }
    to += '"';
}

void append_hex_bytes(std::string& to, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    to += "\\x";
    for (const char letter : bytes) {
        const auto byte = static_cast<unsigned char>(letter);
        to += digits[byte >> 4];
        to += digits[byte & 15];
    }
}

bool append_hex_text(std::string& to, std::string_view text) {
    if (text.size() % 2 != 0) return false;
    to += "\\x";
    for (char letter : text) {
        if (letter >= 'A' && letter <= 'F') letter = static_cast<char>(letter - 'A' + 'a');
        if ((letter < '0' || letter > '9') && (letter < 'a' || letter > 'f')) return false;
        to += letter;
    }
    return true;
}

/// What decimal.handling.mode=string writes for numbers that Java's BigDecimal has not.
std::string_view special_number(std::string_view text) {
    if (text == "NaN" || text == "NOT_A_NUMBER") return "NaN";
    if (text == "Infinity" || text == "POSITIVE_INFINITY") return "Infinity";
    if (text == "-Infinity" || text == "NEGATIVE_INFINITY") return "-Infinity";
    return {};
}

}  // namespace

Inference inference_of(const ConnectValue& value) {
    switch (value.kind) {
        case Kind::Null:
            return Inference::Unseen;
        case Kind::Boolean:
            return Inference::Boolean;
        case Kind::Integer:
            return Inference::Integer;
        case Kind::Number: {
            // More digits than a double keeps, or an integer beyond int8: nothing else holds it exactly.
            std::size_t digits = 0;
            const std::string_view mantissa = value.text.substr(0, value.text.find_first_of("eE"));
            for (const char letter : mantissa) digits += letter >= '0' && letter <= '9' ? 1 : 0;
            double number = 0;
            const bool whole = mantissa.size() == value.text.size() &&
                               mantissa.find('.') == std::string_view::npos && !mantissa.empty();
            return whole || digits > 17 || (!value.text.empty() && !parse_float8(value.text, number))
                       ? Inference::Numeric
                       : Inference::Float;
        }
        case Kind::String:
        case Kind::Bytes:
            return Inference::Text;
        default:
            return Inference::Json;
    }
}

bool ValueText::write(const ConnectValue& value, const ColumnForm& form, ColumnValue& to) {
    if (value.is(Kind::Null)) {
        to = {ValueKind::Null, {}};
        return true;
    }
    if (write_kept(value, form, to)) return true;
    text_.clear();
    if (!append(value, form) || has_nul(text_)) return false;
    to = {ValueKind::Text, arena_.copy(text_)};
    return true;
}

/// Values that are their own text, which are most of them: nothing is copied.
bool ValueText::write_kept(const ConnectValue& value, const ColumnForm& form, ColumnValue& to) {
    const bool text = form.form == Form::Text || form.form == Form::Json ||
                      (form.form == Form::Inferred && form.inference == Inference::Text);
    const bool integer =
        form.form == Form::Integer || (form.form == Form::Inferred && form.inference == Inference::Integer);
    if (text && value.is(Kind::String) && !has_nul(value.text)) {
        to = {ValueKind::Text, value.text};
        return true;
    }
    if (integer && value.is(Kind::Integer) && is_integer_text(value.text) &&
        (form.form == Form::Inferred || (value.integer >= form.least && value.integer <= form.most))) {
        to = {ValueKind::Text, value.text};
        return true;
    }
    if (form.form == Form::Boolean && value.is(Kind::Boolean)) {
        to = {ValueKind::Text, value.boolean ? "t" : "f"};
        return true;
    }
    return false;
}

bool ValueText::append(const ConnectValue& value, const ColumnForm& form) {
    switch (form.form) {
        case Form::Inferred:
            return append_inferred(value, form.inference);
        case Form::Boolean:
        case Form::BitOfBoolean: {
            // MySQL's tinyint(1) is a boolean to the target.
            if (!value.is(Kind::Boolean) && !(value.is(Kind::Integer) && (value.integer | 1) == 1))
                return false;
            const bool truth = value.is(Kind::Boolean) ? value.boolean : value.integer == 1;
            text_ += form.form == Form::Boolean ? (truth ? 't' : 'f') : (truth ? '1' : '0');
            return true;
        }
        case Form::Integer:
        case Form::Float4:
        case Form::Float8:
            return append_number(value, form);
        case Form::Numeric:
        case Form::Money:
            return append_numeric(value, form);
        case Form::Text:
        case Form::Json:
            if (!value.is(Kind::String) && !value.is(Kind::Bytes)) {
                append_json(text_, value);
            } else {
                text_ += value.text;
            }
            return true;
        case Form::Opaque:
            return append_opaque(value);
        case Form::Hstore:
            if (!value.is(Kind::String)) return append_hstore(text_, value);
            return append_hstore_of_json(text_, value.text);
        case Form::Bytea:
            return append_bytea(value, form);
        case Form::Bits:
            return append_bits(value, form);
        case Form::Point:
            return append_point(text_, value);
        case Form::Line:
            return append_line(text_, value);
        case Form::Circle:
            return append_circle(text_, value);
        case Form::Geometry:
            return append_geometry(text_, value);
        case Form::Array:
            return append_array(value, form);
        default:
            return append_temporal(text_, value, form);
    }
}

bool ValueText::append_inferred(const ConnectValue& value, Inference inference) {
    const Inference seen = inference_of(value);
    if (widened(inference, seen) != inference) return false;
    if (inference == Inference::Boolean) {
        text_ += value.boolean ? 't' : 'f';
        return true;
    }
    if (inference == Inference::Float || inference == Inference::Numeric || inference == Inference::Integer) {
        ColumnForm form = inferred_form(inference);
        form.form = inference == Inference::Float ? Form::Float8 : Form::Numeric;
        return form.form == Form::Float8 ? append_number(value, form) : append_numeric(value, form);
    }
    if (inference == Inference::Text && (value.is(Kind::String) || value.is(Kind::Bytes))) {
        text_ += value.text;
    } else {
        append_json(text_, value);
    }
    return true;
}

bool ValueText::append_number(const ConnectValue& value, const ColumnForm& form) {
    if (form.form == Form::Integer) {
        if (!value.is(Kind::Integer) || value.integer < form.least || value.integer > form.most) return false;
        char digits[24];
        text_.append(digits, std::to_chars(digits, digits + sizeof digits, value.integer).ptr);
        return true;
    }
    const bool from_text = !value.text.empty();
    if (!value.is(Kind::Number) && !value.is(Kind::Integer) && !value.is(Kind::String)) return false;
    const double binary = value.is(Kind::Integer) ? static_cast<double>(value.integer) : value.number;
    if (form.form == Form::Float4) {
        auto number = static_cast<float>(binary);
        if (from_text && !parse_float4(value.text, number)) return false;
        append_float4(text_, number);
        return from_text || !value.is(Kind::String);
    }
    double number = binary;
    if (from_text && !parse_float8(value.text, number)) return false;
    append_float8(text_, number);
    return from_text || !value.is(Kind::String);
}

bool ValueText::append_numeric(const ConnectValue& value, const ColumnForm& form) {
    if (value.is(Kind::Struct)) return append_variable_scale(value, form);
    const bool is_text = value.is(Kind::Number) || value.is(Kind::Integer) || form.decimal_is_text;
    if (!is_text) {
        std::string_view bytes;
        return form.scale_known && bytes_of(value, bytes) && append_unscaled(bytes, form.scale, form);
    }
    std::string_view text = value.text;
    std::string binary;
    if (text.empty() && value.is(Kind::Integer)) binary = std::to_string(value.integer);
    if (text.empty() && value.is(Kind::Number)) append_float8(binary, value.number);
    if (!binary.empty()) text = binary;
    if (const std::string_view special = special_number(text); !special.empty()) {
        text_ += special;
        return form.form == Form::Numeric;
    }
    Decimal decimal;
    if (value.is(Kind::Boolean) || !parse_decimal(text, digits_, decimal)) return false;
    // Java's double has a ".0" that nobody wrote.
    if (value.is(Kind::Number) && decimal.scale == 1 && digits_.size() > 1 && digits_.back() == '0') {
        decimal.digits = std::string_view(digits_).substr(0, digits_.size() - 1);
        decimal.scale = 0;
    }
    return form.form == Form::Money ? append_money(text_, decimal)
                                    : append_decimal(text_, decimal, form.type.modifier);
}

bool ValueText::append_variable_scale(const ConnectValue& value, const ColumnForm& form) {
    const ConnectValue* scale = find_field(value, "scale");
    const ConnectValue* unscaled = find_field(value, "value");
    std::string_view bytes;
    constexpr std::int64_t scale_max = 1 << 20;
    return scale != nullptr && unscaled != nullptr && scale->is(Kind::Integer) &&
           scale->integer <= scale_max && scale->integer >= -scale_max && bytes_of(*unscaled, bytes) &&
           append_unscaled(bytes, scale->integer, form);
}

bool ValueText::append_unscaled(std::string_view bytes, std::int64_t scale, const ColumnForm& form) {
    digits_.clear();
    if (!append_integer(digits_, bytes)) return false;
    const Decimal decimal = with_scale(digits_, scale);
    return form.form == Form::Money ? append_money(text_, decimal)
                                    : append_decimal(text_, decimal, form.type.modifier);
}

bool ValueText::bytes_of(const ConnectValue& value, std::string_view& to) {
    if (value.is(Kind::Bytes)) {
        to = value.text;
        return true;
    }
    bytes_.clear();
    if (!value.is(Kind::String) || !append_from_base64(bytes_, value.text)) return false;
    to = bytes_;
    return true;
}

bool ValueText::append_bytea(const ConnectValue& value, const ColumnForm& form) {
    if (form.binary == BinaryMode::Hex && value.is(Kind::String)) return append_hex_text(text_, value.text);
    std::string_view bytes;
    if (!bytes_of(value, bytes)) return false;
    append_hex_bytes(text_, bytes);
    return true;
}

/// The bytes are little-endian, and end with the highest bit that is set. A varbit's leading zeros are lost
/// on the wire.
bool ValueText::append_bits(const ConnectValue& value, const ColumnForm& form) {
    constexpr std::size_t length_max = std::size_t{8} << 20;
    std::string_view bytes;
    if (!bytes_of(value, bytes)) return false;
    while (!bytes.empty() && bytes.back() == 0) bytes.remove_suffix(1);
    std::size_t highest = bytes.size() * 8;
    const auto is_set = [&](std::size_t at) {
        return at / 8 < bytes.size() && (static_cast<unsigned char>(bytes[at / 8]) >> (at % 8) & 1) != 0;
    };
    while (highest > 0 && !is_set(highest - 1)) --highest;
    const std::size_t length = form.length < 0 ? highest : static_cast<std::size_t>(form.length);
    if (highest > length || length > length_max) return false;
    for (std::size_t at = length; at-- > 0;) text_ += is_set(at) ? '1' : '0';
    return true;
}

/// The text of a type that Debezium does not know.
bool ValueText::append_opaque(const ConnectValue& value) {
    std::string_view bytes;
    if (!bytes_of(value, bytes) || !simdjson::validate_utf8(bytes.data(), bytes.size())) return false;
    text_ += bytes;
    return true;
}

bool ValueText::append_array(const ConnectValue& value, const ColumnForm& form) {
    if (!value.is(Kind::Array)) return append_opaque(value);  // of elements that Debezium does not know
    array_.assign(1, '{');
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        const ConnectValue& item = value.items[i];
        if (i > 0) array_ += ',';
        if (item.is(Kind::Null)) {
            array_ += "NULL";
            continue;
        }
        // Elements are no arrays: what Debezium writes for two dimensions is not what the column holds.
        if (item.is(Kind::Array) && form.element->form != Form::Json) return false;
        text_.clear();
        if (!append(item, *form.element)) return false;
        append_element(array_, text_);
    }
    array_ += '}';
    text_.swap(array_);
    return true;
}

}  // namespace walferry::debezium
