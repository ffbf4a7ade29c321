#include "service/connection_text.h"

#include <algorithm>
#include <regex>

namespace walferry {
namespace {

constexpr std::string_view schemes[] = {"postgresql://", "postgres://"};

/// Where the user's part of a URL starts; npos when it is no URL.
std::size_t start_of_authority(const std::string& text) {
    for (const std::string_view scheme : schemes) {
        if (text.starts_with(scheme)) return scheme.size();
    }
    return std::string::npos;
}

/// Replaces what the second group of `pattern` matched, all over the text.
bool replace_group(std::string& text, const std::regex& pattern, const std::string& replacement) {
    std::string result;
    auto rest = text.cbegin();
    bool found = false;
    for (auto match = std::sregex_iterator(text.begin(), text.end(), pattern);
         match != std::sregex_iterator(); ++match) {
        result.append(rest, (*match)[2].first).append(replacement);
        rest = (*match)[2].second;
        found = true;
    }
    text = result.append(rest, text.cend());
    return found;
}

}  // namespace

bool is_postgres_connection(const std::string& text) {
    static const std::regex keyword("^\\s*[a-z_]+\\s*=");
    return start_of_authority(text) != std::string::npos || std::regex_search(text, keyword);
}

ConnectionText replace_password(const std::string& connection, const std::string& replacement) {
    ConnectionText result{connection, false};
    const std::size_t start = start_of_authority(connection);
    if (start == std::string::npos) {
        std::string text = connection;
        static const std::regex value(R"(((?:^|\s)password\s*=\s*)('(?:[^'\\]|\\.)*'|(?:[^\s\\']|\\.)+))");
        result.had_password = replace_group(text, value, "'" + replacement + "'");
        result.text = text;
        return result;
    }
    static const std::regex parameter("([?&]password=)([^&]+)");
    result.had_password = replace_group(result.text, parameter, replacement);
    // As libpq looks for them: credentials end at the first @ that comes before any slash.
    const std::size_t end = result.text.find_first_of("@/", start);
    if (end == std::string::npos || result.text[end] != '@') return result;
    const std::size_t colon = result.text.find(':', start);
    if (colon >= end || colon + 1 == end) return result;
    result.text.replace(colon + 1, end - colon - 1, replacement);
    result.had_password = true;
    return result;
}

}  // namespace walferry
