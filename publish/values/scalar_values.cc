#include <array>
#include <charconv>
#include <cstring>

#include "model/base64.h"
#include "model/byte_order.h"
#include "publish/values/value_writer.h"

namespace walferry::publish {

namespace {

template <class T>
bool read_number(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

constexpr std::string_view hex_digits = "0123456789abcdef";

int hex_value(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    return -1;
}

void append_hex(std::string& to, std::string_view bytes) {
    for (const char letter : bytes) {
        const auto byte = static_cast<unsigned char>(letter);
        to += hex_digits[byte >> 4];
        to += hex_digits[byte & 15];
    }
}

/// By the column's form of bytes. `bytes` may not lie in the sink's scratch, unless the form is Bytes.
Carried write_bytes(const ValueFormat& format, std::string_view bytes, ValueSink& sink) {
    if (format.bytes == BytesForm::Bytes) {
        sink.bytes(bytes);
        return Carried::Whole;
    }
    std::string& text = sink.scratch();
    if (format.bytes == BytesForm::Hex) {
        append_hex(text, bytes);
    } else {
        append_base64(text, bytes, format.bytes == BytesForm::Base64UrlSafe);
    }
    sink.text(text);
    return Carried::Whole;
}

}  // namespace

Carried write_text(const ValueFormat&, std::string_view text, ValueSink& sink) {
    sink.text(text);
    return Carried::Whole;
}

Carried write_boolean(const ValueFormat&, std::string_view text, ValueSink& sink) {
    if (text != "t" && text != "f") return Carried::Invalid;
    sink.boolean(text == "t");
    return Carried::Whole;
}

Carried write_integer(const ValueFormat&, std::string_view text, ValueSink& sink) {
    std::int64_t value = 0;
    if (!read_number(text, value)) return Carried::Invalid;
    sink.integer(value);
    return Carried::Whole;
}

Carried write_real32(const ValueFormat&, std::string_view text, ValueSink& sink) {
    float value = 0;
    if (!read_number(text, value)) return Carried::Invalid;
    sink.real32(value);
    return Carried::Whole;
}

Carried write_real64(const ValueFormat&, std::string_view text, ValueSink& sink) {
    double value = 0;
    if (!read_number(text, value)) return Carried::Invalid;
    sink.real64(value);
    return Carried::Whole;
}

Carried write_bytea(const ValueFormat& format, std::string_view text, ValueSink& sink) {
    if (!text.starts_with("\\x") || text.size() % 2 != 0) return Carried::Invalid;
    text.remove_prefix(2);
    if (format.bytes == BytesForm::Hex) {
        sink.text(text);
        return Carried::Whole;
    }
    // The rare forms pay for a buffer of their own: the scratch is for their text.
    std::string own;
    std::string& bytes = format.bytes == BytesForm::Bytes ? sink.scratch() : own;
    bytes.resize(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = hex_value(text[2 * i]);
        const int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return Carried::Invalid;
        bytes[i] = static_cast<char>(high << 4 | low);
    }
    return write_bytes(format, bytes, sink);
}

Carried write_text_as_bytes(const ValueFormat& format, std::string_view text, ValueSink& sink) {
    return write_bytes(format, text, sink);
}

Carried write_binary_boolean(const ValueFormat&, std::string_view bytes, ValueSink& sink) {
    if (bytes.size() != 1) return Carried::Invalid;
    sink.boolean(bytes[0] != 0);
    return Carried::Whole;
}

Carried write_binary_integer(const ValueFormat&, std::string_view bytes, ValueSink& sink) {
    switch (bytes.size()) {
        case 2:
            sink.integer(load_big_endian<std::int16_t>(bytes.data()));
            return Carried::Whole;
        case 4:
            sink.integer(load_big_endian<std::int32_t>(bytes.data()));
            return Carried::Whole;
        case 8:
            sink.integer(load_big_endian<std::int64_t>(bytes.data()));
            return Carried::Whole;
        default:
            return Carried::Invalid;
    }
}

Carried write_binary_oid(const ValueFormat&, std::string_view bytes, ValueSink& sink) {
    if (bytes.size() != 4) return Carried::Invalid;
    sink.integer(load_big_endian<std::uint32_t>(bytes.data()));
    return Carried::Whole;
}

Carried write_binary_real32(const ValueFormat&, std::string_view bytes, ValueSink& sink) {
    if (bytes.size() != sizeof(float)) return Carried::Invalid;
    sink.real32(std::bit_cast<float>(load_big_endian<std::uint32_t>(bytes.data())));
    return Carried::Whole;
}

Carried write_binary_real64(const ValueFormat&, std::string_view bytes, ValueSink& sink) {
    if (bytes.size() != sizeof(double)) return Carried::Invalid;
    sink.real64(std::bit_cast<double>(load_big_endian<std::uint64_t>(bytes.data())));
    return Carried::Whole;
}

Carried write_binary_bytea(const ValueFormat& format, std::string_view bytes, ValueSink& sink) {
    return write_bytes(format, bytes, sink);
}

Carried write_binary_jsonb(const ValueFormat&, std::string_view bytes, ValueSink& sink) {
    if (bytes.empty() || bytes[0] != 1) return Carried::Invalid;
    sink.text(bytes.substr(1));
    return Carried::Whole;
}

Carried write_binary_uuid(const ValueFormat&, std::string_view bytes, ValueSink& sink) {
    if (bytes.size() != 16) return Carried::Invalid;
    std::array<char, 36> text;
    char* to = text.data();
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
        const auto byte = static_cast<unsigned char>(bytes[i]);
        *to++ = hex_digits[byte >> 4];
        *to++ = hex_digits[byte & 15];
    }
    sink.text({text.data(), text.size()});
    return Carried::Whole;
}

}  // namespace walferry::publish
