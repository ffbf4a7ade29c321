#pragma once

#include <vector>

#include "config/keys.h"

namespace walferry {

/// The part of the table of keys that `contract` of a table rule has.
std::vector<Key> contract_keys();

}  // namespace walferry
