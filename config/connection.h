#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace walferry {

/// Why libpq would not take this connection string, and what is allowed; empty when it would. Nothing is
/// connected, and no part of the string that could be a password is repeated.
std::optional<std::string> connection_problem(const std::string& connection);

/// The keywords that a connection string sets, with their values; empty where libpq would not take it.
std::vector<std::pair<std::string, std::string>> connection_settings(const std::string& connection);

}  // namespace walferry
