#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apply/table_registry.h"
#include "capture/source_catalog.h"

namespace walferry {

/// Looks for what changes rows at the source without an event while the shape of their table stays: see
/// StorageChange. What changes the shape as well is left to the stream, which says when.
class StorageWatch {
 public:
    struct Sight {
        std::shared_ptr<Table> table;
        std::string copy_reason;  ///< empty: partitions came that hold nothing that the stream does not bring
        TableStorage storage;     ///< to be kept
    };

    /// Of these tables, what is to be done about some. Compares with what was seen last. Kind Busy while a
    /// partition is locked.
    Result<std::vector<Sight>> look(SourceCatalog& catalog, const std::vector<std::shared_ptr<Table>>& tables,
                                    const std::vector<SourceTable>& published);

 private:
    struct Seen {
        std::weak_ptr<Table> table;  ///< another one has another storage
        TableStorage storage;
        bool told = false;  ///< that it has to be copied anew
    };
    Seen& seen(const std::shared_ptr<Table>& table);

    std::map<RelationId, Seen> seen_;
};

/// A column that was dropped and made again as it was, which the stream does not show; in words, or empty.
std::string replaced_column(const SourceTable& known, const SourceTable& published);

/// Why the table has to be copied anew; empty where it need not.
Result<std::string> copy_reason(SourceCatalog& catalog, const TableStorage& known, const TableStorage& now);

}  // namespace walferry
