#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

/// Tables as people name them. Pure.
namespace walferry {

struct SchemaTable {
    std::string schema, table;

    std::string qualified_name() const { return schema + "." + table; }
};

/// Where in `tables` the one is that `name` means: by schema.table, or by its table alone where that is in
/// one schema only. Kind Data when there is none, with the nearest names, and when there are several.
Result<std::size_t> find_table(std::string_view name, const std::vector<SchemaTable>& tables);

}  // namespace walferry
