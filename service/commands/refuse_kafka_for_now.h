#pragma once

#include "config/config.h"

namespace walferry {

/// The same configuration, or, where it reads from Kafka or publishes to it, an error of kind Configuration
/// that says that this build can't do it yet: commands must not go on as if source.postgres or a warehouse
/// were there.
Result<Config> refuse_kafka_for_now(Result<Config> config);
/// The same for commands that can read from Kafka: of what is not done yet there.
Result<Config> refuse_publish_for_now(Result<Config> config);

}  // namespace walferry
