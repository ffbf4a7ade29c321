#include "pipeline/table_matching.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/quote.h"

namespace walferry {

namespace {

bool is_wildcard(const std::string& glob) {
    return glob.find_first_of("*?[") != std::string::npos;
}

}  // namespace

MatchedTables match_tables(const Config& config, const std::vector<CandidateTable>& candidates) {
    MatchedTables matched;
    for (const CandidateTable& candidate : candidates) {
        const TableRule* rule = find_rule(config, candidate.schema, candidate.name);
        if (rule == nullptr) continue;
        if (candidate.usable_identity) {
            matched.wanted.push_back(candidate);
            continue;
        }
        const std::string name = candidate.schema + "." + candidate.name;
        const bool named = !is_wildcard(rule->match);
        matched.findings.push_back(
            {named, name, fmt::format("{}{}", candidate.identity_problem, named ? "" : "; it is excluded"),
             fmt::format("ALTER TABLE {}.{} REPLICA IDENTITY FULL, or give it a primary key",
                         quote_identifier(candidate.schema), quote_identifier(candidate.name))});
        matched.excluded.push_back(candidate);
    }
    if (matched.wanted.empty() && matched.excluded.empty()) {
        matched.findings.push_back({false, "tables", "no table of the source matches any rule yet",
                                    "look at the `match` globs; they see schema.table"});
    }
    return matched;
}

std::vector<CandidateTable> unpublished(const std::vector<CandidateTable>& wanted,
                                        const std::vector<SourceTable>& published) {
    std::vector<CandidateTable> missing;
    for (const CandidateTable& candidate : wanted) {
        const bool found = std::any_of(published.begin(), published.end(),
                                       [&](const SourceTable& table) { return table.id == candidate.id; });
        if (!found) missing.push_back(candidate);
    }
    return missing;
}

}  // namespace walferry
