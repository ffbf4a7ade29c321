#include "service/exit_code.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace walferry {
ExitCode one_shot_exit_code(const Error& error) {
    constexpr std::string_view invalid_authorization = "28";
    switch (error.kind) {
        case ErrorKind::Configuration:
            return ExitCode::Usage;
        case ErrorKind::Connection:
        case ErrorKind::Busy:
        case ErrorKind::Serialization:
        case ErrorKind::Resource:
        case ErrorKind::Cancelled:
            return ExitCode::Unreachable;
        case ErrorKind::Permission: {
            // Without an SQLSTATE the server asked for a password and none was there.
            const bool at_login = error.sqlstate.empty() || error.sqlstate.starts_with(invalid_authorization);
            return at_login ? ExitCode::Unreachable : ExitCode::Person;
        }
        case ErrorKind::Data:
        case ErrorKind::Protocol:
        case ErrorKind::Schema:
        case ErrorKind::Fenced:
        case ErrorKind::Refused:
        case ErrorKind::Internal:
            return ExitCode::Person;
    }
    return ExitCode::Person;
}

std::string with_config_path(std::string text, const std::string& config_path) {
    constexpr std::string_view placeholder = "CONFIG";
    if (config_path.empty()) return text;
    for (auto at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + config_path.size())) {
        text.replace(at, placeholder.size(), config_path);
    }
    return text;
}

std::string operator_text(const Error& error, const std::string& config_path) {
    Error shown = error;
    shown.way_out = with_config_path(std::move(shown.way_out), config_path);
    return describe(shown);
}

void print_error(const Error& error, const std::string& config_path) {
    // The lines of a configuration error begin with FILE:LINE already.
    const bool located = error.kind == ErrorKind::Configuration && !config_path.empty() &&
                         error.message.starts_with(config_path);
    fmt::print(stderr, "{}{}\n", located ? "" : "walferry: ", operator_text(error, config_path));
}

ExitCode fail_with(const Error& error, const std::string& config_path) {
    print_error(error, config_path);
    return one_shot_exit_code(error);
}

}  // namespace walferry
