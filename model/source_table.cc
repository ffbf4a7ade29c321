#include "model/source_table.h"

#include <algorithm>

namespace walferry {

bool has_usable_identity(const SourceTable& table) {
    if (table.identity == ReplicaIdentity::Full) return true;
    if (table.identity == ReplicaIdentity::Nothing) return false;
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [](const SourceColumn& column) { return column.in_identity; });
}

}  // namespace walferry
