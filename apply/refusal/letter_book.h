#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "apply/table_plan.h"
#include "apply/table_registry.h"
#include "dlq/dead_letter_office.h"

namespace walferry {

/// The applier's side of dead letters: which rows of a target are *hollow* (their newest version is a letter,
/// so the target lacks it), and the letters that the open warehouse transaction makes and supersedes.
///
/// A change with all values of a hollow row, or its removal, makes up for its letters: they are superseded.
/// One that leaves values out can't be applied, for the value that it means is not in the target.
///
/// Everything can be taken back to a mark, since ranges of events are tried and rolled back. Used by the
/// applier's thread.
class LetterBook {
 public:
    explicit LetterBook(DeadLetterOffice& office) : office_(office) {}

    /// Reads which rows of the table's targets are hollow, in the session's open transaction; forgets what
    /// was known of them. Not while there are letters that it has not written.
    Status load(WarehouseSession& session, const Table& table);
    /// The same for a table that has another shape since: what is read holds only in this transaction.
    Status reload(WarehouseSession& session, const Table& table) {
        ++reloads_;
        return load(session, table);
    }
    void forget_all() {
        targets_.clear();
        undos_.clear();
    }
    bool knows(const Table& table) const { return targets_.contains(id_of(*table.plans.front())); }

    /// Whether any row of the target is.
    bool has_hollow(const TablePlan& plan) const;
    /// `identity`: the load fields by which the target tells rows apart (EventEncoder::identity).
    bool is_hollow(const TablePlan& plan, std::string_view identity) const;

    /// A letter is made; its row is hollow from here on. `identity` is empty where the target can't represent
    /// it: then the letter's key tells it.
    void add(const TablePlan& plan, std::string_view identity, DeadLetter letter);
    /// A full version of the row, or its removal, is applied. Gives whether it was hollow.
    bool make_up(const TablePlan& plan, std::string_view identity);
    /// The same for a removal of a row that the target can't represent.
    bool make_up_unrepresentable(const TablePlan& plan, const std::string& key);
    /// A TRUNCATE is.
    void make_up_all(const TablePlan& plan);

    struct Mark {
        std::size_t undos = 0, letters = 0, superseded = 0, reloads = 0;
    };
    Mark mark() const { return {undos_.size(), letters_.size(), superseded_.size(), reloads_}; }
    void back_to(const Mark& mark);

    /// Writes what is new since the last time, in the session's open transaction.
    Status write(WarehouseSession& session);
    bool changed() const { return !letters_.empty() || !superseded_.empty(); }

    /// The transaction is committed: how many letters it made, by source table and stage.
    using Made = std::map<std::pair<std::string, DeadLetterStage>, std::uint64_t>;
    Made committed();

 private:
    using TargetId = std::pair<RelationId, int>;
    /// A hollow row of a target.
    struct Hollow {
        std::set<std::string> keys;          ///< JSON; several where the key's columns were renamed since
        bool stored = false;                 ///< has letters from before this transaction
        std::vector<std::uint32_t> letters;  ///< of this transaction, by index
    };
    struct Target {
        std::string name;
        bool keeps_letters = false;  ///< a log: a later version of a row does not make up for an earlier one
        std::unordered_map<std::string, Hollow> rows;
    };
    /// What a row's entry was before a step: to be put back.
    struct Undo {
        Target* target;
        std::string row;
        std::optional<Hollow> before;
    };
    struct Superseded {
        std::string target, key;
        bool all = false;
    };

    static TargetId id_of(const TablePlan& plan) { return {plan.source.id, plan.number}; }
    Status load_target(WarehouseSession& session, const TablePlan& plan);
    static std::string unrepresentable(const std::string& key);
    const Target* find(const TablePlan& plan) const;
    Target& target_of(const TablePlan& plan);
    bool make_up_row(Target& target, const std::string& row);
    void store_all();

    DeadLetterOffice& office_;
    std::map<TargetId, Target> targets_;
    std::vector<Undo> undos_;
    std::vector<DeadLetter> letters_;
    std::size_t letters_written_ = 0;
    std::vector<Superseded> superseded_;
    std::size_t superseded_written_ = 0;
    std::size_t reloads_ = 0;
};

}  // namespace walferry
