#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace walferry {

/// A JSON value as YAML in block style; texts are quoted, unless they are plain words.
std::string yaml_text(const nlohmann::ordered_json& value);

}  // namespace walferry
