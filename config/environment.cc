#include "config/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "config/error_lines.h"

namespace walferry {
namespace {

bool is_variable_name(std::string_view name) {
    const auto letter = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
    };
    return !name.empty() && letter(name.front()) && std::all_of(name.begin(), name.end(), [&](char byte) {
        return letter(byte) || (byte >= '0' && byte <= '9');
    });
}

Error wrong(std::string message) {
    return Error{ErrorKind::Configuration, std::move(message), {}, {}};
}

/// The value for what stands between ${ and }.
Result<std::string> variable_value(std::string_view inside) {
    const std::size_t separator = inside.find(":-");
    const std::string name(inside.substr(0, separator));
    if (!is_variable_name(name)) {
        return wrong(fmt::format(
            "{} is no variable's name, allowed: ${{NAME}}, ${{NAME:-default}}, and $${{ for a literal ${{",
            shown(name)));
    }
    const char* value = std::getenv(name.c_str());
    if (separator != std::string_view::npos && (value == nullptr || *value == '\0')) {
        return std::string(inside.substr(separator + 2));
    }
    if (value == nullptr) {
        return wrong(fmt::format(
            "the environment variable {0} is not set, allowed: set it, or write ${{{0}:-default}}", name));
    }
    return std::string(value);
}

}  // namespace

Result<std::string> expand_environment(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t start = text.find("${");
        if (start == std::string_view::npos) break;
        if (start > 0 && text[start - 1] == '$') {
            result.append(text.substr(0, start - 1)).append("${");
            text.remove_prefix(start + 2);
            continue;
        }
        const std::size_t end = text.find('}', start);
        if (end == std::string_view::npos) {
            return wrong("${ without its }, allowed: ${NAME}, ${NAME:-default}, and $${ for a literal ${");
        }
        WALFERRY_TRY(value, variable_value(text.substr(start + 2, end - start - 2)));
        result.append(text.substr(0, start)).append(value);
        text.remove_prefix(end + 1);
    }
    return result.append(text);
}

}  // namespace walferry
