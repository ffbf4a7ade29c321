#pragma once

#include <pqxx/pqxx>

#include <string>
#include <vector>

#include "capture/source_catalog.h"

/// The look-ups of SourceCatalog that concern tables. They throw what libpqxx throws.
namespace walferry {

std::vector<CandidateTable> read_candidates(pqxx::transaction_base& work);

std::vector<SourceTable> read_published_tables(pqxx::transaction_base& work, int server_version,
                                               const std::string& publication);

/// Tables that no publication has yet, as a publication of ours would send them.
std::vector<SourceTable> read_candidate_tables(pqxx::transaction_base& work, int server_version,
                                               const std::vector<CandidateTable>& candidates);

std::vector<std::string> read_unreadable_tables(pqxx::transaction_base& work, const std::string& publication);

}  // namespace walferry
