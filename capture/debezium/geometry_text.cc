#include "capture/debezium/geometry_text.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "capture/debezium/float_text.h"
#include "model/base64.h"
#include "model/byte_order.h"

namespace walferry::debezium {

namespace {

using Kind = ConnectValue::Kind;

bool append_coordinate(std::string& to, const ConnectValue& value, std::string_view name) {
    const ConnectValue* found = find_field(value, name);
    if (found == nullptr) return false;
    double number = 0;
    if (found->is(Kind::Number) && found->text.empty()) {
        number = found->number;
    } else if (found->is(Kind::Integer) && found->text.empty()) {
        number = static_cast<double>(found->integer);
    } else if (!parse_float8(found->text, number)) {
        return false;
    }
    append_float8(to, number);
    return true;
}

struct Position {
    double x = 0, y = 0;

    bool operator==(const Position&) const = default;
};

/// Reads well-known binary of OGC 06-103r4, the part that Debezium writes: a line string or a polygon of one
/// ring.
class WkbReader {
 public:
    explicit WkbReader(std::string_view bytes) : rest_(bytes) {}

    bool read(std::vector<Position>& positions) {
        if (rest_.empty() || rest_.front() > 1 || rest_.front() < 0) return false;
        little_endian_ = rest_.front() == 1;
        rest_.remove_prefix(1);
        std::uint32_t type = 0, rings = 0, count = 0;
        if (!number(type) || (type != line_string && type != polygon)) return false;
        if (type == polygon && (!number(rings) || rings != 1)) return false;
        if (!number(count) || count != rest_.size() / 16 || rest_.size() % 16 != 0) return false;
        positions.resize(count);
        for (Position& position : positions) {
            if (!coordinate(position.x) || !coordinate(position.y)) return false;
        }
        return true;
    }

 private:
    static constexpr std::uint32_t line_string = 2, polygon = 3;

    template <class T>
    bool number(T& to) {
        if (rest_.size() < sizeof to) return false;
        to = load_big_endian<T>(rest_.data());
        if (little_endian_) to = swap_bytes(to);
        rest_.remove_prefix(sizeof to);
        return true;
    }
    bool coordinate(double& to) {
        std::uint64_t bits = 0;
        const bool read = number(bits);
        to = std::bit_cast<double>(bits);
        return read;
    }

    std::string_view rest_;
    bool little_endian_ = false;
};

void append_position(std::string& to, const Position& position) {
    to += '(';
    append_float8(to, position.x);
    to += ',';
    append_float8(to, position.y);
    to += ')';
}

void append_positions(std::string& to, const std::vector<Position>& positions, char open, char close) {
    to += open;
    for (std::size_t i = 0; i < positions.size(); ++i) {
        if (i > 0) to += ',';
        append_position(to, positions[i]);
    }
    to += close;
}

bool append_shape(std::string& to, std::string_view type, bool closed, std::vector<Position>& positions) {
    if (positions.empty()) return false;
    if (type == "lseg" && positions.size() == 2) {
        append_positions(to, positions, '[', ']');
    } else if (type == "box" && positions.size() == 5) {
        append_position(to, positions[0]);
        to += ',';
        append_position(to, positions[2]);
    } else if (type == "path") {
        append_positions(to, positions, closed ? '(' : '[', closed ? ')' : ']');
    } else if (type == "polygon") {
        // The ring is closed by its first position once more.
        if (positions.size() > 1 && positions.front() == positions.back()) positions.pop_back();
        append_positions(to, positions, '(', ')');
    } else {
        return false;
    }
    return true;
}

void append_hex(std::string& to, std::string_view bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char letter : bytes) {
        const auto byte = static_cast<unsigned char>(letter);
        to += digits[byte >> 4];
        to += digits[byte & 15];
    }
}

/// PostGIS keeps the SRID inside: a flag in the type, and four bytes behind it.
bool append_extended_wkb(std::string& to, std::string_view wkb, const ConnectValue* srid) {
    if (wkb.size() < 5) return false;
    if (srid == nullptr || !srid->is(Kind::Integer) || srid->integer <= 0) {
        append_hex(to, wkb);
        return true;
    }
    constexpr std::uint32_t has_srid = 0x20000000;
    const bool little_endian = wkb.front() == 1;
    auto type = load_big_endian<std::uint32_t>(wkb.data() + 1);
    auto number = static_cast<std::uint32_t>(srid->integer);
    type |= little_endian ? swap_bytes(has_srid) : has_srid;
    const bool already = load_big_endian<std::uint32_t>(wkb.data() + 1) == type;
    if (little_endian) number = swap_bytes(number);
    std::string bytes(9, wkb.front());
    store_big_endian(bytes.data() + 1, type);
    store_big_endian(bytes.data() + 5, number);
    append_hex(to, already ? wkb.substr(0, 5) : bytes);
    append_hex(to, wkb.substr(5));
    return true;
}

}  // namespace

bool append_point(std::string& to, const ConnectValue& point) {
    to += '(';
    if (!append_coordinate(to, point, "x")) return false;
    to += ',';
    if (!append_coordinate(to, point, "y")) return false;
    to += ')';
    return true;
}

bool append_line(std::string& to, const ConnectValue& line) {
    to += '{';
    if (!append_coordinate(to, line, "a")) return false;
    to += ',';
    if (!append_coordinate(to, line, "b")) return false;
    to += ',';
    if (!append_coordinate(to, line, "c")) return false;
    to += '}';
    return true;
}

bool append_circle(std::string& to, const ConnectValue& circle) {
    const ConnectValue* center = find_field(circle, "center");
    to += '<';
    if (center == nullptr || !append_point(to, *center)) return false;
    to += ',';
    if (!append_coordinate(to, circle, "radius")) return false;
    to += '>';
    return true;
}

bool append_geometry(std::string& to, const ConnectValue& geometry) {
    const ConnectValue* wkb = find_field(geometry, "wkb");
    if (wkb == nullptr) return false;
    std::string bytes;
    if (wkb->is(Kind::Bytes)) {
        bytes = wkb->text;
    } else if (!wkb->is(Kind::String) || !append_from_base64(bytes, wkb->text)) {
        return false;
    }
    const ConnectValue* extensions = find_field(geometry, "extensions");
    const ConnectValue* type = extensions == nullptr ? nullptr : find_field(*extensions, "type");
    if (type == nullptr) return append_extended_wkb(to, bytes, find_field(geometry, "srid"));
    const ConnectValue* closed = find_field(*extensions, "closed");
    std::vector<Position> positions;
    return WkbReader(bytes).read(positions) &&
           append_shape(to, type->text, closed != nullptr && closed->text == "true", positions);
}

}  // namespace walferry::debezium
