#pragma once

#include <vector>

#include "config/keys.h"

namespace walferry {

/// The part of the table of keys below `verify`.
std::vector<Key> verify_keys();

}  // namespace walferry
