#pragma once

#include <span>
#include <string_view>

namespace walferry {

/// A file of the console, as it is served.
struct ConsoleAsset {
    std::string_view path;
    std::string_view type;
    std::string_view content;
};

/// All of them. They are part of the program: the build writes them into a source (embed.cmake).
std::span<const ConsoleAsset> console_assets();

}  // namespace walferry
