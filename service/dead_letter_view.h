#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dlq/dead_letter_replay.h"
#include "dlq/dead_letter_store.h"

/// Dead letters as JSON and as text, the same over HTTP and on the command line. Pure.
namespace walferry {

/// A letter with all columns of the control table, and `table`, `lsn`, `payload` beside them; `id, table,
/// key, op, lsn, stage, error, attempts, created_at, payload` are never null.
nlohmann::ordered_json letter_json(const DeadLetter& letter, const std::string& pipeline);

/// `letters` are objects as above: one line a letter.
std::string letters_text(const nlohmann::ordered_json& letters);
/// All of one letter.
std::string letter_text(const nlohmann::ordered_json& letter);

nlohmann::ordered_json results_json(const std::vector<ReplayResult>& results);
/// One line a letter: `id table key → replayed|superseded|still refused: error`.
std::string results_text(const nlohmann::ordered_json& results);
/// Whether one of the results is a refusal.
bool has_refused(const nlohmann::ordered_json& results);

/// A filter and a place to go on from, as the query of a URL, and back. Kind Data names the parameter that
/// is wrong. `state=any` stands for all states, none for pending.
std::string filter_query(const DeadLetterFilter& filter, const std::string& after);
struct LetterQuery {
    DeadLetterFilter filter;
    std::optional<DeadLetterCursor> after;
};
using QueryParameters = std::vector<std::pair<std::string, std::string>>;
Result<LetterQuery> parse_filter_query(const QueryParameters& parameters, PgTime now);

/// A place in the list as text: `LSN,seq,id`.
std::string to_string(const DeadLetterCursor& cursor);

}  // namespace walferry
