#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "model/error.h"

/// Taking secrets out of what is shown to others. Pure, but for the environment's variables.
namespace walferry {

/// A connection string as keyword=value pairs: host, port, database, user and the like as they are, the value
/// of every other keyword as ***. Variables keep their names.
std::string redacted_connection(const std::string& connection);

/// A configuration file's text without its secrets, without comments: keys that hold connections, tokens,
/// URLs or commands show what is known to be harmless, and the names of their variables; so do keys that are
/// not known. Kind Configuration when it is no YAML.
Result<std::string> redacted_configuration(const std::string& text);

/// The secrets that a configuration holds, with its variables' values. Those of under four bytes are left
/// out: they would be found everywhere.
std::vector<std::string> secrets_of(const Config& config);

/// The text with *** in the place of each.
std::string without(std::string text, const std::vector<std::string>& secrets);

}  // namespace walferry
