#include "config/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>
#include <string_view>

#include "config/keys.h"

namespace walferry {
namespace {

/// libpq's reasons quote the string; they are passed on only where it holds nothing like a password.
bool may_hold_secret(std::string_view connection) {
    return connection.find("pass") != std::string_view::npos ||
           connection.find('@') != std::string_view::npos;
}

std::string with_allowed(std::string_view problem) {
    return fmt::format("{}, allowed: {}", problem,
                       allowed_values(Key{.path = "", .type = KeyType::Connection}));
}

struct Parsed {
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options;
    std::unique_ptr<char, decltype(&PQfreemem)> reason;  ///< where there are no options
};

Parsed parse(const std::string& connection) {
    char* reason = nullptr;
    PQconninfoOption* const options = PQconninfoParse(connection.c_str(), &reason);
    return {{options, &PQconninfoFree}, {reason, &PQfreemem}};
}

}  // namespace

std::optional<std::string> connection_problem(const std::string& connection) {
    if (connection.empty()) return with_allowed("is empty");
    const auto [options, reason] = parse(connection);
    if (options != nullptr) return std::nullopt;
    if (reason == nullptr || may_hold_secret(connection))
        return with_allowed("is nothing that libpq understands");
    std::string_view shown_reason = reason.get();
    while (shown_reason.ends_with('\n')) shown_reason.remove_suffix(1);
    return with_allowed(fmt::format("is nothing that libpq understands ({})", shown_reason));
}

std::vector<std::pair<std::string, std::string>> connection_settings(const std::string& connection) {
    std::vector<std::pair<std::string, std::string>> settings;
    const Parsed parsed = parse(connection);
    for (const PQconninfoOption* option = parsed.options.get();
         option != nullptr && option->keyword != nullptr; ++option) {
        if (option->val != nullptr) settings.emplace_back(option->keyword, option->val);
    }
    return settings;
}

}  // namespace walferry
