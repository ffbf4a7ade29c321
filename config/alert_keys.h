#pragma once

#include <vector>

#include "config/keys.h"

namespace walferry {

/// The part of the table of keys below `alerts`.
std::vector<Key> alert_keys();

}  // namespace walferry
