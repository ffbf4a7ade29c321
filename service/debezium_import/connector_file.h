#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/error.h"

namespace walferry {

/// A connector's configuration as Kafka Connect takes it.
struct ConnectorFile {
    std::string name;  ///< may be empty
    std::map<std::string, std::string> settings;
    std::vector<std::string> beside;  ///< keys beside `name` and `config`, such as `tasks`
};

/// Reads JSON ({"name": …, "config": {…}} or the map alone) or, where the text does not begin with {, Java's
/// properties. A null counts as not there. Kind Configuration: no such text, no text as a value, or a key
/// that stands twice.
Result<ConnectorFile> read_connector_file(const std::string& text);

}  // namespace walferry
