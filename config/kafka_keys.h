#pragma once

#include <vector>

#include "config/keys.h"

namespace walferry {

/// The parts of the table of keys below `source.kafka` and `publish`.
std::vector<Key> kafka_source_keys();
std::vector<Key> kafka_publish_keys();

}  // namespace walferry
