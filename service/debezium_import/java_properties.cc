#include "service/debezium_import/java_properties.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>

namespace walferry {
namespace {

constexpr std::string_view property_blanks = " \t\f";

/// A line of the file with those that continue it.
struct LogicalLine {
    int number = 0;
    std::string text;
};

bool is_continued(std::string_view line) {
    std::size_t slashes = 0;
    while (slashes < line.size() && line[line.size() - 1 - slashes] == '\\') ++slashes;
    return slashes % 2 == 1;
}

std::string_view without_leading_blanks(std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(property_blanks), line.size()));
    return line;
}

std::vector<LogicalLine> logical_lines(std::string_view text) {
    std::vector<LogicalLine> lines;
    bool continues = false;
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
        std::string_view line = without_leading_blanks(text.substr(0, end));
        const bool two = text.substr(end, 2) == "\r\n";
        text.remove_prefix(std::min(end + (two ? 2 : 1), text.size()));
        if (!continues && (line.empty() || line.front() == '#' || line.front() == '!')) continue;
        if (!continues) lines.push_back({number, {}});
        continues = is_continued(line);
        if (continues) line.remove_suffix(1);
        lines.back().text += line;
    }
    return lines;
}

void append_utf8(std::string& text, std::uint32_t code) {
    const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0 | code >> 6);
        tail(0);
    } else if (code < 0x10000) {
        text += static_cast<char>(0xE0 | code >> 12);
        tail(6);
        tail(0);
    } else {
        text += static_cast<char>(0xF0 | code >> 18);
        tail(12);
        tail(6);
        tail(0);
    }
}

/// The four digits behind a \u at `at`, which is moved past them.
std::optional<std::uint32_t> take_code(std::string_view text, std::size_t& at) {
    constexpr std::size_t digits = 4;
    std::uint32_t code = 0;
    if (at + digits > text.size()) return std::nullopt;
    const char* const end = text.data() + at + digits;
    if (std::from_chars(text.data() + at, end, code, 16).ptr != end) return std::nullopt;
    at += digits;
    return code;
}

/// Without its escapes; empty where a \u is broken.
std::optional<std::string> unescaped(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const char letter = text[at++];
        if (letter != '\\' || at == text.size()) {
            result += letter;
            continue;
        }
        const char escaped = text[at++];
        if (escaped != 'u') {
            constexpr std::string_view names = "tnrf";
            const std::size_t known = names.find(escaped);
            result += known == std::string_view::npos ? escaped : "\t\n\r\f"[known];
            continue;
        }
        auto code = take_code(text, at);
        if (!code) return std::nullopt;
        const bool is_high = *code >= 0xD800 && *code < 0xDC00;
        if (is_high) {
            if (text.substr(at, 2) != "\\u") return std::nullopt;
            at += 2;
            const auto low = take_code(text, at);
            if (!low || *low < 0xDC00 || *low >= 0xE000) return std::nullopt;
            code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
        } else if (*code >= 0xDC00 && *code < 0xE000) {
            return std::nullopt;
        }
        append_utf8(result, *code);
    }
    return result;
}

/// Where the key ends: at the first blank, = or : that is not escaped.
std::size_t key_end(std::string_view line) {
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] == '\\') {
            ++at;
        } else if (line[at] == '=' || line[at] == ':' ||
                   property_blanks.find(line[at]) != std::string_view::npos) {
            return at;
        }
    }
    return line.size();
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> read_java_properties(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> properties;
    for (const LogicalLine& line : logical_lines(text)) {
        const std::size_t end = key_end(line.text);
        std::string_view value = without_leading_blanks(std::string_view(line.text).substr(end));
        if (!value.empty() && (value.front() == '=' || value.front() == ':'))
            value = without_leading_blanks(value.substr(1));
        auto key = unescaped(std::string_view(line.text).substr(0, end));
        auto plain = unescaped(value);
        if (!key || !plain) {
            return Error{
                ErrorKind::Configuration,
                fmt::format("line {}: a \\u without four hexadecimal digits of a character", line.number),
                {},
                {}};
        }
        properties.emplace_back(std::move(*key), std::move(*plain));
    }
    return properties;
}

}  // namespace walferry
