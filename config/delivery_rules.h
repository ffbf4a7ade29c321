#pragma once

#include <optional>
#include <string>

/// Rules for where messages go: of the outbox, of alerts. Each function says what is wrong and what is
/// allowed; empty means that the value is good. URLs and secrets are not repeated: paths of webhooks are
/// often secrets, too.
namespace walferry {

std::optional<std::string> webhook_problem(const std::string& url);
std::optional<std::string> secret_problem(const std::string& secret, bool has_webhook);
/// Of what is sent as a bearer token.
std::optional<std::string> header_problem(const std::string& value);
std::optional<std::string> name_problem(const std::string& name);
std::optional<std::string> command_problem(const std::string& command);

}  // namespace walferry
