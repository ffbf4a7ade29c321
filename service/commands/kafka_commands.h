#pragma once

#include <string_view>

#include "config/config.h"

namespace walferry {

/// The same configuration, or an error of kind Configuration that names what this build can't do yet.
Result<Config> refuse_unfinished(Result<Config> config);

/// For a command that works on the warehouse: also where there is none.
Result<Config> need_warehouse(Result<Config> config, std::string_view command);

/// For a command that reads the source's tables for it: also where the source is Kafka.
Result<Config> need_source_tables(Result<Config> config, std::string_view command);

}  // namespace walferry
