#pragma once

#include <string>

namespace CLI {
class App;
}

namespace walferry {

/// Completion script for `bash`, `zsh` or `fish`, generated from the tree of commands.
std::string completion_script(const CLI::App& tree, const std::string& shell);

}  // namespace walferry
