#pragma once

#include <vector>

#include "config/keys.h"

namespace walferry {

/// The part of the table of keys below `outbox`.
std::vector<Key> outbox_keys();

}  // namespace walferry
