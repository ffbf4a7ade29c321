#include "config/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/error_lines.h"

namespace walferry {
namespace {

constexpr std::size_t identifier_bytes_max = 63;

std::optional<std::string> slot_like_problem(std::string_view name, std::size_t bytes_max) {
    const bool clean = std::all_of(name.begin(), name.end(), [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
    });
    if (clean && !name.empty() && name.size() <= bytes_max) return std::nullopt;
    return fmt::format("{} is no such name, allowed: 1 to {} of a-z, 0-9 and _", shown(name), bytes_max);
}

}  // namespace

std::optional<std::string> pipeline_name_problem(std::string_view name) {
    return slot_like_problem(name, identifier_bytes_max - object_prefix.size());
}

std::string pipeline_name_from(std::string_view text) {
    std::string name(text.substr(0, identifier_bytes_max - object_prefix.size()));
    std::transform(name.begin(), name.end(), name.begin(), [](char byte) {
        if (byte >= 'A' && byte <= 'Z') return static_cast<char>(byte - 'A' + 'a');
        const bool allowed = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        return allowed ? byte : '_';
    });
    return pipeline_name_problem(name) ? "pipeline" : name;
}

std::optional<std::string> slot_name_problem(std::string_view name) {
    return slot_like_problem(name, identifier_bytes_max);
}

std::optional<std::string> identifier_problem(std::string_view name) {
    if (!name.empty() && name.size() <= identifier_bytes_max) return std::nullopt;
    return fmt::format("{} has {} bytes, allowed: a name of 1 to {} bytes", shown(name), name.size(),
                       identifier_bytes_max);
}

std::optional<std::string> template_problem(std::string_view text,
                                            const std::vector<std::string_view>& placeholders) {
    const auto wrong = [&](std::string_view problem) {
        return fmt::format("{} {}, allowed: a name, with {} in it", shown(text), problem,
                           fmt::join(placeholders, ", "));
    };
    if (text.empty()) return wrong("is no name");
    std::size_t literal_bytes = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '}') return wrong("has a } without its {");
        if (text[at] != '{') {
            ++literal_bytes;
            ++at;
            continue;
        }
        const std::size_t end = text.find('}', at);
        if (end == std::string_view::npos) return wrong("has a { without its }");
        const std::string_view placeholder = text.substr(at, end - at + 1);
        if (std::find(placeholders.begin(), placeholders.end(), placeholder) == placeholders.end()) {
            return wrong(fmt::format("has the unknown placeholder {}", shown(placeholder)));
        }
        at = end + 1;
    }
    if (literal_bytes > identifier_bytes_max) return wrong("has more than 63 bytes");
    return std::nullopt;
}

}  // namespace walferry
