#include "pipeline/verify/candidate_judge.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace walferry {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t rows_a_round = 5000, rows_a_round_with_texts = 500;
constexpr int rounds_max = 20;
constexpr int rounds_to_stay = 3;
constexpr milliseconds pause_min{20}, patience_min{100}, patience_max{1000};
constexpr milliseconds writers_interval{10};

milliseconds growing(milliseconds least, int round, milliseconds most) {
    return std::min(least * (1 << std::min(round, 10)), most);
}

/// Which versions of rows these are, whatever their order.
std::vector<std::string> versions(const std::vector<SeenRow>& rows) {
    std::vector<std::string> versions;
    for (const SeenRow& row : rows) versions.push_back(row.version);
    std::sort(versions.begin(), versions.end());
    return versions;
}

std::string fingerprint(const std::vector<SeenRow>& rows) {
    std::vector<std::string> parts;
    for (const SeenRow& row : rows) {
        std::string part = row.version;
        for (const std::uint64_t hash : row.column_hashes) part += " " + std::to_string(hash);
        parts.push_back(std::move(part));
    }
    std::sort(parts.begin(), parts.end());
    std::string all;
    for (const std::string& part : parts) all += part + "\n";
    return all;
}

}  // namespace

Status CandidateJudge::judge(std::vector<WantedRow> rows, const Take& take) {
    const std::size_t some = parts_.texts.bytes_max > 0 ? rows_a_round_with_texts : rows_a_round;
    for (std::size_t from = 0; from < rows.size(); from += some) {
        Candidates candidates;
        for (std::size_t i = from; i < std::min(from + some, rows.size()); ++i)
            candidates.push_back({std::move(rows[i]), "", 0});
        WALFERRY_TRYV(judge_some(std::move(candidates), take));
    }
    return success();
}

Status CandidateJudge::judge_some(Candidates candidates, const Take& take) {
    for (int number = 0; number < rounds_max && !candidates.empty(); ++number) {
        WALFERRY_TRYV(parts_.go_on());
        if (number > 0) std::this_thread::sleep_for(growing(pause_min, number, parts_.pause_max));
        WALFERRY_TRY(left, round(std::move(candidates), number, take));
        candidates = std::move(left);
    }
    undecided_ += candidates.size();
    return success();
}

Result<CandidateJudge::Images> CandidateJudge::look(RowSide& side, const Candidates& candidates) const {
    std::vector<WantedRow> wanted;
    for (const Candidate& candidate : candidates) wanted.push_back(candidate.row);
    Images images;
    WALFERRY_TRYV(side.look_up(wanted, parts_.texts, [&](std::uint64_t key_hash, SeenRow row) {
        images[key_hash].push_back(std::move(row));
    }));
    return images;
}

/// Whether those who write to the table now are done, in a time that grows from round to round.
Result<bool> CandidateJudge::wait_for_writers(int number) const {
    const SourceTable& table = parts_.table.plan.source;
    WALFERRY_TRY(writers, parts_.query.writers(table));
    const auto until = std::chrono::steady_clock::now() + growing(patience_min, number, patience_max);
    for (;; std::this_thread::sleep_for(writers_interval)) {
        WALFERRY_TRY(left, parts_.query.any_left(writers, table));
        if (!left) return true;
        WALFERRY_TRYV(parts_.go_on());
        if (std::chrono::steady_clock::now() >= until) return false;
    }
}

bool CandidateJudge::is_equal(const std::vector<SeenRow>& left, const std::vector<SeenRow>& right) const {
    if (left.size() != right.size()) return false;
    return left.empty() || parts_.table.key_count == 0 || left.front() == right.front();
}

/// Whether it is the target's row that has to be explained.
bool CandidateJudge::is_extra(const std::vector<SeenRow>& source, const std::vector<SeenRow>& target) const {
    return parts_.table.key_count == 0 ? target.size() > source.size() : source.empty();
}

bool CandidateJudge::has_stayed(Candidate& candidate, const std::vector<SeenRow>& target, Lsn begin) const {
    const bool old =
        parts_.table.key_count != 0 && std::all_of(target.begin(), target.end(), [&](const SeenRow& row) {
            const Lsn lsn = parts_.read_lsn(row.version);
            return lsn && lsn < begin;
        });
    if (old) return true;
    const std::string seen = fingerprint(target);
    candidate.times_seen = seen == candidate.last_seen ? candidate.times_seen + 1 : 1;
    candidate.last_seen = seen;
    return candidate.times_seen >= rounds_to_stay;
}

JudgedRow CandidateJudge::judged(const WantedRow& row, std::vector<SeenRow> source,
                                 std::vector<SeenRow> target) const {
    JudgedRow judged;
    judged.row = row;
    if (parts_.table.key_count == 0) {
        const bool extra = target.size() > source.size();
        judged.kind = extra ? DifferenceKind::Extra : DifferenceKind::Missing;
        judged.copies = extra ? target.size() - source.size() : source.size() - target.size();
    } else if (source.empty() || target.empty()) {
        judged.kind = source.empty() ? DifferenceKind::Extra : DifferenceKind::Missing;
    } else {
        // One of several rows of the key may be the right one: then the others are too many.
        const bool has_right = std::find(target.begin(), target.end(), source.front()) != target.end();
        if (has_right) judged.kind = DifferenceKind::Extra;
        for (std::size_t i = 0; i < source.front().column_hashes.size(); ++i) {
            if (source.front().column_hashes[i] != target.front().column_hashes[i])
                judged.columns.push_back(i);
        }
    }
    if (!source.empty()) judged.source_texts = std::move(source.front().texts);
    if (!target.empty()) judged.target_texts = std::move(target.front().texts);
    return judged;
}

Result<CandidateJudge::Candidates> CandidateJudge::round(Candidates candidates, int number,
                                                         const Take& take) {
    WALFERRY_TRY(begin, parts_.query.insert_position());
    WALFERRY_TRY(saw_all_before, wait_for_writers(number));
    WALFERRY_TRY(first, look(parts_.source, candidates));
    WALFERRY_TRY(position, parts_.query.insert_position());
    WALFERRY_TRY(current, parts_.fence.pass(position));
    WALFERRY_TRY(target, look(parts_.target, candidates));
    std::erase_if(candidates, [&](const Candidate& candidate) {
        return is_equal(first[candidate.row.key_hash], target[candidate.row.key_hash]);
    });
    if (candidates.empty()) return candidates;
    if (!current) {
        for (const Candidate& candidate : candidates) {
            const std::uint64_t key = candidate.row.key_hash;
            WALFERRY_TRYV(take(judged(candidate.row, std::move(first[key]), std::move(target[key]))));
        }
        return Candidates();
    }
    WALFERRY_TRY(saw_all_after, wait_for_writers(number));
    WALFERRY_TRY(second, look(parts_.source, candidates));
    Candidates again;
    for (Candidate& candidate : candidates) {
        const std::uint64_t key = candidate.row.key_hash;
        if (is_equal(second[key], target[key])) continue;
        bool differs = saw_all_after && versions(first[key]) == versions(second[key]);
        if (differs && is_extra(first[key], target[key]))
            differs = has_stayed(candidate, target[key], saw_all_before ? begin : Lsn{});
        if (!differs) {
            again.push_back(std::move(candidate));
            continue;
        }
        WALFERRY_TRYV(take(judged(candidate.row, std::move(second[key]), std::move(target[key]))));
    }
    return again;
}

}  // namespace walferry
