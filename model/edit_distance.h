#pragma once

#include <cstddef>
#include <string_view>

namespace walferry {

/// How many insertions, deletions, substitutions and swaps of neighbours lead from one to the other (optimal
/// string alignment). Time and memory grow with the product of the sizes: cut what comes from outside.
std::size_t edit_distance(std::string_view left, std::string_view right);

}  // namespace walferry
