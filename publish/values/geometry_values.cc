#include <charconv>
#include <cstdint>
#include <cstring>
#include <vector>

#include "publish/values/value_writer.h"

namespace walferry::publish {

namespace {

enum class Wkb : std::uint32_t { Point = 1, LineString = 2, Polygon = 3 };

/// All numbers of a geometric type's text, whatever brackets and commas stand between them.
bool read_numbers(std::string_view text, std::vector<double>& numbers) {
    constexpr std::string_view punctuation = "()[]{}<>,";
    while (!text.empty()) {
        if (punctuation.find(text.front()) != std::string_view::npos) {
            text.remove_prefix(1);
            continue;
        }
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{}) return false;
        numbers.push_back(number);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    }
    return true;
}

template <class T>
void append_raw(std::string& to, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    to.append(bytes, sizeof value);
}

/// Little-endian well-known binary (OGC 06-103r4, 8.2).
void append_wkb(std::string& to, Wkb kind, const std::vector<double>& numbers) {
    to += '\1';
    append_raw(to, static_cast<std::uint32_t>(kind));
    if (kind == Wkb::Polygon) append_raw(to, std::uint32_t{1});
    if (kind != Wkb::Point) append_raw(to, static_cast<std::uint32_t>(numbers.size() / 2));
    for (const double number : numbers) append_raw(to, number);
}

void write_point_struct(double x, double y, ValueSink& sink) {
    sink.begin_struct();
    sink.field("x");
    sink.real64(x);
    sink.field("y");
    sink.real64(y);
    sink.field("wkb");
    std::string& wkb = sink.scratch();
    append_wkb(wkb, Wkb::Point, {x, y});
    sink.bytes(wkb);
    sink.field("srid");
    sink.null();
    sink.end_struct();
}

/// io.debezium.data.geometry.Geometry; `closed` is said of paths only.
void write_geometry(Wkb kind, const std::vector<double>& numbers, std::string_view type,
                    std::string_view closed, ValueSink& sink) {
    sink.begin_struct();
    sink.field("wkb");
    std::string& wkb = sink.scratch();
    append_wkb(wkb, kind, numbers);
    sink.bytes(wkb);
    sink.field("srid");
    sink.null();
    sink.field("extensions");
    sink.begin_map();
    sink.entry("type");
    sink.text(type);
    if (!closed.empty()) {
        sink.entry("closed");
        sink.text(closed);
    }
    sink.end_map();
    sink.end_struct();
}

}  // namespace

Carried write_point(const ValueFormat&, std::string_view text, ValueSink& sink) {
    std::vector<double> numbers;
    if (!read_numbers(text, numbers) || numbers.size() != 2) return Carried::Invalid;
    write_point_struct(numbers[0], numbers[1], sink);
    return Carried::Whole;
}

Carried write_line(const ValueFormat&, std::string_view text, ValueSink& sink) {
    std::vector<double> numbers;
    if (!read_numbers(text, numbers) || numbers.size() != 3) return Carried::Invalid;
    sink.begin_struct();
    sink.field("a");
    sink.real64(numbers[0]);
    sink.field("b");
    sink.real64(numbers[1]);
    sink.field("c");
    sink.real64(numbers[2]);
    sink.end_struct();
    return Carried::Whole;
}

Carried write_circle(const ValueFormat&, std::string_view text, ValueSink& sink) {
    std::vector<double> numbers;
    if (!read_numbers(text, numbers) || numbers.size() != 3) return Carried::Invalid;
    sink.begin_struct();
    sink.field("center");
    write_point_struct(numbers[0], numbers[1], sink);
    sink.field("radius");
    sink.real64(numbers[2]);
    sink.end_struct();
    return Carried::Whole;
}

Carried write_segment(const ValueFormat&, std::string_view text, ValueSink& sink) {
    std::vector<double> numbers;
    if (!read_numbers(text, numbers) || numbers.size() != 4) return Carried::Invalid;
    write_geometry(Wkb::LineString, numbers, "lseg", {}, sink);
    return Carried::Whole;
}

Carried write_box(const ValueFormat&, std::string_view text, ValueSink& sink) {
    std::vector<double> corner;
    if (!read_numbers(text, corner) || corner.size() != 4) return Carried::Invalid;
    const std::vector<double> ring{corner[0], corner[1], corner[0], corner[3], corner[2],
                                   corner[3], corner[2], corner[1], corner[0], corner[1]};
    write_geometry(Wkb::Polygon, ring, "box", {}, sink);
    return Carried::Whole;
}

Carried write_path(const ValueFormat&, std::string_view text, ValueSink& sink) {
    std::vector<double> numbers;
    if (!read_numbers(text, numbers) || numbers.empty() || numbers.size() % 2 != 0) return Carried::Invalid;
    write_geometry(Wkb::LineString, numbers, "path", text.starts_with('[') ? "false" : "true", sink);
    return Carried::Whole;
}

Carried write_polygon(const ValueFormat&, std::string_view text, ValueSink& sink) {
    std::vector<double> ring;
    if (!read_numbers(text, ring) || ring.empty() || ring.size() % 2 != 0) return Carried::Invalid;
    const double x = ring[0];
    const double y = ring[1];
    if (ring[ring.size() - 2] != x || ring.back() != y) ring.insert(ring.end(), {x, y});
    write_geometry(Wkb::Polygon, ring, "polygon", {}, sink);
    return Carried::Whole;
}

}  // namespace walferry::publish
