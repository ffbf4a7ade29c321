#include "config/kafka_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/error_lines.h"
#include "config/webhook_url.h"

namespace walferry {
namespace {

constexpr std::size_t topic_bytes_max = 249;
constexpr std::size_t topic_prefix_bytes_max = 200;

bool has_topic_letters_only(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
               byte == '.' || byte == '_' || byte == '-';
    });
}

}  // namespace

std::optional<std::string> topic_problem(std::string_view name) {
    const bool fits = !name.empty() && name.size() <= topic_bytes_max && name != "." && name != "..";
    if (fits && has_topic_letters_only(name)) return std::nullopt;
    return fmt::format("{} is no topic, allowed: a name of 1 to {} letters, digits, . _ and -", shown(name),
                       topic_bytes_max);
}

std::optional<std::string> topic_prefix_problem(std::string_view prefix) {
    if (!prefix.empty() && prefix.size() <= topic_prefix_bytes_max && has_topic_letters_only(prefix))
        return std::nullopt;
    return fmt::format("{} is no prefix of topics, allowed: 1 to {} letters, digits, . _ and -",
                       shown(prefix), topic_prefix_bytes_max);
}

std::optional<std::string> registry_problem(const std::string& url) {
    std::string plain = url;
    const std::size_t start = url.find("://");
    if (start != std::string::npos) {
        const std::size_t host = start + 3;
        const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
        const std::size_t user_end = url.substr(0, end).rfind('@');
        if (user_end != std::string::npos && user_end >= host) plain.erase(host, user_end + 1 - host);
    }
    if (parse_webhook_url(plain)) return std::nullopt;
    return "is no such URL, allowed: http://[USER:PASSWORD@]HOST[:PORT][/PATH] or the same with https";
}

std::optional<std::string> table_name_problem(std::string_view name) {
    const std::size_t dot = name.find('.');
    if (dot != std::string_view::npos && dot > 0 && dot + 1 < name.size()) return std::nullopt;
    return fmt::format("{} is no table, allowed: schema.table, raw and without quotes", shown(name));
}

std::optional<std::string> brokers_problem(std::string_view brokers) {
    const bool blank = brokers.find_first_not_of(" \t\r\n,") == std::string_view::npos;
    if (!blank) return std::nullopt;
    return "is empty, allowed: HOST:PORT, or several with commas between";
}

}  // namespace walferry
