#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/byte_order.h"

namespace walferry::testing {

/// Bytes of a message, piece by piece.
class Wire {
 public:
    explicit Wire(char kind) : bytes_(1, kind) {}

    template <std::integral T>
    Wire& number(T value) {
        char raw[sizeof(T)];
        store_big_endian(raw, value);
        bytes_.append(raw, sizeof raw);
        return *this;
    }
    Wire& letter(char value) { return number(value); }
    Wire& text(std::string_view value) {
        bytes_.append(value);
        bytes_.push_back('\0');
        return *this;
    }
    Wire& raw(std::string_view value) {
        bytes_.append(value);
        return *this;
    }
    /// A row; a missing value is NULL.
    Wire& row(const std::vector<std::optional<std::string>>& values) {
        number(static_cast<std::int16_t>(values.size()));
        for (const auto& value : values) value ? this->value('t', *value) : letter('n');
        return *this;
    }
    Wire& value(char kind, std::string_view content) {
        return letter(kind).number(static_cast<std::int32_t>(content.size())).raw(content);
    }

    operator std::string() const { return bytes_; }  // NOLINT(google-explicit-constructor)
    const std::string& bytes() const { return bytes_; }

 private:
    std::string bytes_;
};

/// Relation message of a table public.<name>(id int4 key, name text, …): `columns` of them.
inline std::string relation_message(std::uint32_t id, std::string_view name, std::int16_t columns,
                                    char identity = 'd') {
    Wire wire('R');
    wire.number(id).text("public").text(name).letter(identity).number(columns);
    for (std::int16_t column = 0; column < columns; ++column) {
        wire.number<std::uint8_t>(column == 0 ? 1 : 0).text("c" + std::to_string(column));
        wire.number<std::uint32_t>(column == 0 ? 23 : 25).number<std::int32_t>(-1);
    }
    return wire;
}

}  // namespace walferry::testing
