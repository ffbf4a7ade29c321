#pragma once

#include <pqxx/pqxx>

#include <optional>
#include <vector>

#include "model/relation.h"
#include "model/table_facts.h"

/// The look-ups of SourceCatalog that publishing wants. They throw what libpqxx throws.
namespace walferry {

/// Empty when the table is not there any more.
std::optional<TableFacts> read_table_facts(pqxx::transaction_base& work, RelationId id);

/// Of those among `types` that are enums.
EnumLabels read_enum_labels(pqxx::transaction_base& work, const std::vector<std::uint32_t>& types);

}  // namespace walferry
