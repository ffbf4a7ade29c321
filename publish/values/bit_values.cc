#include <algorithm>
#include <cstddef>

#include "publish/values/value_writer.h"

namespace walferry::publish {

namespace {

bool all_bits(std::string_view text) {
    return text.find_first_not_of("01") == std::string_view::npos;
}

}  // namespace

Carried write_bit(const ValueFormat&, std::string_view text, ValueSink& sink) {
    if (!all_bits(text) || text.size() > 1) return Carried::Invalid;
    if (text.empty()) return Carried::Not;  // of a varbit(1)
    sink.boolean(text == "1");
    return Carried::Whole;
}

Carried write_bits(const ValueFormat&, std::string_view text, ValueSink& sink) {
    if (!all_bits(text)) return Carried::Invalid;
    // The last bit is bit 0 of the first byte; no byte behind that of the highest bit that is set.
    const std::size_t highest = text.find('1');
    const std::size_t count = highest == std::string_view::npos ? 0 : text.size() - highest;
    std::string& bytes = sink.scratch();
    bytes.resize((count + 7) / 8, '\0');
    for (std::size_t bit = 0; bit < count; ++bit) {
        if (text[text.size() - 1 - bit] == '1') {
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] | 1 << bit % 8);
        }
    }
    sink.bytes(bytes);
    return Carried::Whole;
}

}  // namespace walferry::publish
