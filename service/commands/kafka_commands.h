#pragma once

#include <string_view>

#include "config/config.h"

namespace walferry {

/// The same configuration, or an error of kind Configuration that names what this build can't do yet.
Result<Config> refuse_publish_for_now(Result<Config> config);

/// For a command that reads the source's tables: also where the source is Kafka.
Result<Config> refuse_kafka(Result<Config> config, std::string_view command);

}  // namespace walferry
