#pragma once

#include <string>

#include "model/error.h"
#include "service/debezium_import/connector_file.h"
#include "service/debezium_import/imported_config.h"

namespace walferry {

struct ImportOptions {
    bool publish = false;      ///< walferry publishes in the connector's place
    bool from_kafka = false;   ///< walferry reads the connector's topics
    std::string brokers = {};  ///< empty: the variable KAFKA_BROKERS
};

/// A Debezium connector's configuration as walferry's. Every setting is in the result or in its findings.
/// Kind Configuration when it is no connector of Debezium's, or when the options don't fit it.
Result<ImportedConfig> import_connector(const ConnectorFile& file, const ImportOptions& options);

}  // namespace walferry
