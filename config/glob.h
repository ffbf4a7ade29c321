#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Globs of `match`, beyond `glob_matches` of config.h.
namespace walferry {

/// Why this is no glob for a `schema.table`; empty when it is one.
std::optional<std::string> glob_problem(std::string_view glob);

/// The glob that matches exactly `text`.
std::string quote_glob(std::string_view text);

}  // namespace walferry
