#pragma once

#include <string>
#include <vector>

#include "config/contract_config.h"
#include "model/relation.h"
#include "model/source_table.h"

namespace walferry {

/// A way in which a table's shape at the source breaks a contract.
struct ContractBreach {
    std::string column;
    std::string rule;  ///< required, type
    std::string message;
};

/// Columns that are required and not there, and columns of another type than the contract says.
std::vector<ContractBreach> schema_breaches(const ContractConfig& config, const SourceTable& table);

/// The same when the stream describes the table anew: what `known`, the table as it was planned, says of a
/// column's type counts as long as its OID is the same. A column of the contract that `known` had and the
/// relation lacks is a breach, too: it was dropped or renamed, and its rules would go on as if they held.
std::vector<ContractBreach> schema_breaches(const ContractConfig& config, const Relation& relation,
                                            const SourceTable& known);

/// Whether a type is the one that `wanted` names, in PostgreSQL's or in the standard's words (int, int4,
/// integer). Without modifier `wanted` fits any: numeric is fitted by numeric(10,2).
bool type_is(const SourceType& type, const std::string& wanted);

}  // namespace walferry
