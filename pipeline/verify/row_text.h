#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/verify/compared_table.h"

namespace walferry {

/// `{"id": 5, "name": "x"}`: integers and booleans as JSON's, NULL as null, all else as PostgreSQL's text.
std::string row_text(const std::vector<ComparedTable::Column>& columns,
                     const std::vector<std::optional<std::string>>& texts);

/// The key as dead letters write it.
std::string letter_key(const ComparedTable& table, const std::vector<std::string>& texts);

}  // namespace walferry
