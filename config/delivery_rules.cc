#include "config/delivery_rules.h"

#include <algorithm>

#include "config/webhook_url.h"

namespace walferry {

std::optional<std::string> webhook_problem(const std::string& url) {
    if (parse_webhook_url(url)) return std::nullopt;
    return "is no such URL, allowed: http://HOST[:PORT]/PATH or the same with https, without user and "
           "fragment";
}

std::optional<std::string> secret_problem(const std::string& secret, bool has_webhook) {
    if (!has_webhook) return "signs a webhook and there is none, allowed: with webhook";
    if (secret.empty()) return "is empty, allowed: any text";
    return std::nullopt;
}

std::optional<std::string> command_problem(const std::string& command) {
    if (command.find_first_not_of(" \t\r\n") != std::string::npos) return std::nullopt;
    return "is empty, allowed: a command of /bin/sh";
}

std::optional<std::string> header_problem(const std::string& value) {
    const bool plain = std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (plain && !value.empty()) return std::nullopt;
    return "does not fit into a header, allowed: printable ASCII without blanks";
}

std::optional<std::string> name_problem(const std::string& name) {
    if (!name.empty()) return std::nullopt;
    return "is empty, allowed: any text";
}

}  // namespace walferry
