#pragma once

#include <vector>

#include "capture/source_catalog.h"
#include "config/config.h"
#include "pipeline/table_planning.h"

namespace walferry {

/// The source's tables sorted by what the rules say.
struct MatchedTables {
    std::vector<CandidateTable> wanted;
    /// Matched by a wildcard but without usable replica identity: never published, for the source's own
    /// UPDATEs would then fail. Each with a finding (a warning); named outright it is an error.
    std::vector<CandidateTable> excluded;
    std::vector<Finding> findings;
};

MatchedTables match_tables(const Config& config, const std::vector<CandidateTable>& candidates);

/// Those of `wanted` that are not among the published ones.
std::vector<CandidateTable> unpublished(const std::vector<CandidateTable>& wanted,
                                        const std::vector<SourceTable>& published);

}  // namespace walferry
