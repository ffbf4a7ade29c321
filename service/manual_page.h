#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace walferry {

/// walferry(1), from the same tree of commands as --help.
std::string command_manual(const CLI::App& tree);

/// walferry.yaml(5), from the same table of keys as the loader.
std::string configuration_manual();

/// Text as roff's man macros take it: nothing in it is a request or an escape.
std::string roff_text(std::string_view text);

}  // namespace walferry
