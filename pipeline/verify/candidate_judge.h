#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/source_query.h"
#include "pipeline/verify/compared_table.h"
#include "pipeline/verify/fence.h"
#include "pipeline/verify/row_side.h"

namespace walferry {

enum class DifferenceKind { Missing, Extra, Changed };

/// A row that differs for good: not because it is under way.
struct JudgedRow {
    WantedRow row;
    DifferenceKind kind = DifferenceKind::Changed;
    std::uint64_t copies = 1;          ///< of a table without key: how many are missing, or too many
    std::vector<std::size_t> columns;  ///< that differ, where both sides have the row
    std::vector<std::optional<std::string>> source_texts, target_texts;  ///< where wanted, of what is there
};

/// Tells rows that differ from those that are under way, while both sides change. A round:
///
///   begin := the source's position
///   wait until nobody writes to the table who did so now (W1); read the source's rows (S1)
///   wait until the warehouse has all that was committed by now; read the target's rows (T)
///   wait until nobody writes who did so now (W2); read the source's rows again (S2)
///
/// Equal: T is S1 or S2. Different: S1 and S2 are the same version of a row, and T is not: a change that T
/// has and S2 has not would have held its lock in W2, and a change that S1 has and T has not was awaited. A
/// row that S1 and S2 lack and T has is extra if its position is before `begin`: its insert was visible to S1
/// (W1), so a delete was, too, and was awaited. Where rows have no position, or a senseless one, it has to
/// stay the same for some rounds. All else is looked at again.
class CandidateJudge {
 public:
    struct Parts {
        RowSide& source;
        RowSide& target;
        SourceQuery& query;
        Fence& fence;
        const ComparedTable& table;
        std::function<Lsn(const std::string&)> read_lsn;  ///< SeenRow::version of the warehouse
        GoOn go_on;
        TextWish texts;
        std::chrono::milliseconds pause_max{1000};  ///< between two rounds; they grow up to that
    };
    explicit CandidateJudge(Parts parts) : parts_(std::move(parts)) {}

    using Take = std::function<Status(JudgedRow)>;
    Status judge(std::vector<WantedRow> rows, const Take& take);

    /// Rows that changed so often that they never were the same for long enough.
    std::uint64_t undecided() const { return undecided_; }

 private:
    struct Candidate {
        WantedRow row;
        std::string last_seen;  ///< of the target
        int times_seen = 0;
    };
    using Candidates = std::vector<Candidate>;
    using Images = std::unordered_map<std::uint64_t, std::vector<SeenRow>>;

    Status judge_some(Candidates candidates, const Take& take);
    Result<Candidates> round(Candidates candidates, int number, const Take& take);
    Result<Images> look(RowSide& side, const Candidates& candidates) const;
    Result<bool> wait_for_writers(int number) const;
    bool is_equal(const std::vector<SeenRow>& left, const std::vector<SeenRow>& right) const;
    bool is_extra(const std::vector<SeenRow>& source, const std::vector<SeenRow>& target) const;
    bool has_stayed(Candidate& candidate, const std::vector<SeenRow>& target, Lsn begin) const;
    JudgedRow judged(const WantedRow& row, std::vector<SeenRow> source, std::vector<SeenRow> target) const;

    Parts parts_;
    std::uint64_t undecided_ = 0;
};

}  // namespace walferry
