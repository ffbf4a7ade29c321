#pragma once

#include <vector>

#include "config/keys.h"

namespace walferry {

/// The keys of `tables`, but for those of contracts and targets.
std::vector<Key> table_keys();

/// The keys of `tables[].targets`.
std::vector<Key> target_keys();

}  // namespace walferry
