#pragma once

#include <string>

#include "kafka/kafka_client.h"

namespace walferry {

/// The properties of a member of `group`: those that exactly-once rests on, and our defaults.
KafkaClientSetup consumer_setup(const std::string& group);

}  // namespace walferry
