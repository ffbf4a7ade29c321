#pragma once

#include <string>

/// Quantities as people read them.
namespace walferry {

/// `17 B`, `1.5 KiB`, `64.0 MiB` …
std::string bytes_text(double bytes);

/// `950`, `12.3k`, `4.56M`
std::string count_text(double count);

/// `42 s`, `3 min 10 s`, `2 h 5 min`
std::string seconds_text(double seconds);

}  // namespace walferry
