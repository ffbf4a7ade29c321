#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace walferry {

/// What differs between two texts of a configuration that were both read without errors: paths of keys,
/// sorted, each once. A list counts as a whole (`tables`), and comments, order and notation do not count.
std::vector<std::string> changed_keys(const std::string& before, const std::string& after);

/// Whether a running service can take another value for the key that `changed_keys` names; the others want a
/// restart.
bool is_reloadable(std::string_view key);

}  // namespace walferry
