#pragma once

#include <map>
#include <optional>
#include <pqxx/transaction_base>
#include <vector>

#include "capture/table_evidence.h"

namespace walferry {

/// Empty when there is no such table any more. Takes no lock on it.
std::optional<TableEvidence> read_table_evidence(pqxx::transaction_base& work, RelationId id);

/// In the order of `types`; empty for one that is not there any more.
std::vector<std::optional<SourceType>> read_types(pqxx::transaction_base& work,
                                                  const std::vector<StreamType>& types);

/// Of those tables that are there. Takes no locks on them.
std::map<RelationId, TableStorage> read_storage(pqxx::transaction_base& work,
                                                const std::vector<RelationId>& ids);

}  // namespace walferry
