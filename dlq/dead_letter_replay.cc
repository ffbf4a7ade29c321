#include "dlq/dead_letter_replay.h"

namespace walferry {

namespace {

/// What the work on one letter found out.
struct Finding {
    bool closed = false;  ///< somebody else has closed the letter meanwhile
    ReplayOutcome outcome;
};

DeadLetterState state_after(ReplayVerdict verdict) {
    return verdict == ReplayVerdict::Superseded ? DeadLetterState::Superseded : DeadLetterState::Replayed;
}

Status try_letter(const DeadLetterStore& store, const DeadLetter& letter, const ReplayOne& replay_one,
                  WarehouseSession& session, Finding& finding) {
    WALFERRY_TRY(outcome, replay_one(session, letter));
    finding.outcome = outcome;
    if (outcome.verdict == ReplayVerdict::Refused)
        return Error{ErrorKind::Data, outcome.error, "", outcome.error_code};
    const std::int64_t ids[] = {letter.id};
    WALFERRY_TRY(marked, store.mark(session, ids, state_after(outcome.verdict)));
    finding.closed = marked.empty();
    if (finding.closed) return Error{ErrorKind::Data, "the letter is not open any more", "", ""};
    if (outcome.verdict != ReplayVerdict::Replayed || !outcome.full || !letter.key) return success();
    const std::string keys[] = {*letter.key};
    WALFERRY_TRYV(store.supersede(session, letter.target_table, keys, letter.sequence));
    return success();
}

/// Whether an error is about this letter; any other ends the replay.
bool concerns_letter(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Data:
        case ErrorKind::Schema:
        case ErrorKind::Permission:
        case ErrorKind::Serialization:
            return true;
        default:
            return false;
    }
}

ReplayResult result_of(const DeadLetter& letter, const Finding& finding, const Status& status) {
    ReplayResult result{letter.id, letter.source_table, letter.key.value_or("{}"), finding.outcome.verdict,
                        ""};
    if (status) return result;
    result.verdict = ReplayVerdict::Refused;
    result.error = finding.outcome.error.empty() ? describe(status.error()) : finding.outcome.error;
    return result;
}

/// Counts the attempts, in transactions of their own: those of the letters were rolled back.
std::optional<Error> note_refused(const DeadLetterStore& store, const std::vector<ReplayResult>& results,
                                  const std::vector<std::string>& codes, const SingleWriter& writer) {
    std::vector<WriterWork> works;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i].verdict != ReplayVerdict::Refused) continue;
        works.push_back([&store, &result = results[i], &code = codes[i]](WarehouseSession& session) {
            return store.note_attempt(session, result.id, code, result.error);
        });
    }
    if (works.empty()) return std::nullopt;
    for (const Status& noted : writer(std::move(works))) {
        if (!noted) return noted.error();
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(ReplayVerdict verdict) {
    switch (verdict) {
        case ReplayVerdict::Replayed:
            return "replayed";
        case ReplayVerdict::Superseded:
            return "superseded";
        case ReplayVerdict::Refused:
            return "refused";
    }
    return {};
}

ReplayReport replay_letters(const DeadLetterStore& store, std::span<const DeadLetter> letters,
                            const ReplayOne& replay_one, const SingleWriter& writer) {
    std::vector<Finding> findings(letters.size());
    std::vector<WriterWork> works;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        works.push_back([&, i](WarehouseSession& session) {
            return try_letter(store, letters[i], replay_one, session, findings[i]);
        });
    }
    const std::vector<Status> outcomes = writer(std::move(works));
    ReplayReport report;
    std::vector<std::string> codes;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const Status& outcome = outcomes[i];
        if (findings[i].closed) continue;
        if (!outcome && !concerns_letter(outcome.error().kind)) {
            if (!report.failure) report.failure = outcome.error();
            continue;
        }
        report.results.push_back(result_of(letters[i], findings[i], outcome));
        codes.push_back(outcome ? "" : outcome.error().sqlstate);
    }
    if (auto failed = note_refused(store, report.results, codes, writer); failed && !report.failure)
        report.failure = std::move(failed);
    return report;
}

}  // namespace walferry
