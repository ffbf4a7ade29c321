#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/relation.h"
#include "model/source_table.h"
#include "model/table_facts.h"
#include "publish/published_table.h"

namespace walferry::publish {

/// A table as the catalog describes it, for a copy.
PublishedTable describe_table(const SourceTable& table, const std::optional<TableFacts>& facts,
                              const EnumLabels& labels);

/// A table as the stream describes it: that decides the columns. The catalog adds what it knows, and may be
/// ahead: a type that is gone (empty in `types`) is taken for its OID alone; columns that it has under other
/// names give their facts by position, where nothing but names differ; of others nothing is known. `before`
/// is the last description of the same table, if any: its key holds where the catalog's can't be that of
/// these columns, and without it the replica identity is the key, unless that is the whole row.
PublishedTable describe_relation(const Relation& relation,
                                 const std::vector<std::optional<SourceType>>& types,
                                 const std::optional<TableFacts>& facts, const EnumLabels& labels,
                                 const PublishedTable* before);

/// The types whose labels are wanted.
std::vector<std::uint32_t> enums_among(const std::vector<std::optional<SourceType>>& types);

}  // namespace walferry::publish
