#include "config/error_lines.h"

#include <fmt/format.h>

#include <algorithm>

namespace walferry {
namespace {

bool is_control(char byte) {
    return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
}

/// `text`, or the start of it that ends with a whole UTF-8 character.
std::string_view shortened(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end);
}

}  // namespace

void ErrorLines::add(int line, std::string_view key, std::string_view problem) {
    const int number = std::max(line, 1);
    std::string text = fmt::format("{}:{}: {}: {}", file_, number, key, problem);
    std::replace_if(text.begin(), text.end(), is_control, ' ');
    lines_.push_back({number, std::move(text)});
}

Error ErrorLines::error() const {
    std::vector<Line> sorted = lines_;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Line& left, const Line& right) { return left.number < right.number; });
    Error result;
    result.kind = ErrorKind::Configuration;
    for (const Line& line : sorted) {
        if (!result.message.empty()) result.message += '\n';
        result.message += line.text;
    }
    return result;
}

std::string shown(std::string_view value) {
    constexpr std::size_t bytes_max = 80;
    std::string result = "\"";
    for (const char byte : shortened(value, bytes_max)) {
        if (is_control(byte)) {
            result += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        } else {
            result += byte;
        }
    }
    if (value.size() > bytes_max) result += "…";
    return result + "\"";
}

}  // namespace walferry
