#include "apply/refusal/letter_book.h"

#include <algorithm>

#include "apply/refusal/later_log_rows.h"
#include "apply/refusal/letter.h"
#include "dlq/dead_letter_json.h"

namespace walferry {

Status LetterBook::load(WarehouseSession& session, const Table& table) {
    for (const auto& plan : table.plans) {
        WALFERRY_TRYV(load_target(session, *plan));
    }
    return success();
}

Status LetterBook::load_target(WarehouseSession& session, const TablePlan& plan) {
    Target& target = targets_[id_of(plan)] = {};
    target.name = to_string(plan.target);
    target.keeps_letters = plan.mode == TableMode::Append;
    WALFERRY_TRY(keys, office_.store().hollow_keys(session, target.name));
    KeyPositions in_log;
    for (const auto& [key, newest] : keys) {
        auto identity = identity_from_json(plan, key);
        if (!identity) {
            Hollow& unknown = target.rows[unrepresentable(key)];
            unknown.keys.insert(key);
            unknown.stored = true;
            continue;
        }
        Hollow& hollow = target.rows[*identity];
        hollow.keys.insert(key);
        hollow.stored = true;
        if (!target.keeps_letters || !plan.has_key()) continue;
        SequenceKey& position = in_log[*identity];
        position = std::max(position, newest);
    }
    WALFERRY_TRY(made_up, keys_with_later_rows(session, plan, in_log));
    for (const std::string& identity : made_up) target.rows.erase(identity);
    return success();
}

std::string LetterBook::unrepresentable(const std::string& key) {
    return "\xff" + row_json_of_texts(key);
}

const LetterBook::Target* LetterBook::find(const TablePlan& plan) const {
    const auto found = targets_.find(id_of(plan));
    return found == targets_.end() ? nullptr : &found->second;
}

LetterBook::Target& LetterBook::target_of(const TablePlan& plan) {
    const auto [at, is_new] = targets_.try_emplace(id_of(plan));
    if (is_new) {
        at->second.name = to_string(plan.target);
        at->second.keeps_letters = plan.mode == TableMode::Append;
    }
    return at->second;
}

bool LetterBook::has_hollow(const TablePlan& plan) const {
    const Target* const target = find(plan);
    return target != nullptr && !target->rows.empty();
}

bool LetterBook::is_hollow(const TablePlan& plan, std::string_view identity) const {
    const Target* const target = find(plan);
    return target != nullptr && !target->rows.empty() && target->rows.contains(std::string(identity));
}

void LetterBook::add(const TablePlan& plan, std::string_view identity, DeadLetter letter) {
    Target& target = target_of(plan);
    std::string row = identity.empty() ? unrepresentable(letter.key.value_or("")) : std::string(identity);
    const auto known = target.rows.find(row);
    undos_.push_back({&target, row, known == target.rows.end() ? std::optional<Hollow>() : known->second});
    Hollow& hollow = target.rows[std::move(row)];
    hollow.keys.insert(letter.key.value_or(""));
    hollow.letters.push_back(static_cast<std::uint32_t>(letters_.size()));
    letters_.push_back(std::move(letter));
}

bool LetterBook::make_up_row(Target& target, const std::string& row) {
    const auto known = target.rows.find(row);
    if (known == target.rows.end()) return false;
    Hollow hollow = std::move(known->second);
    target.rows.erase(known);
    if (!target.keeps_letters) {
        bool stored = hollow.stored;
        for (const std::uint32_t letter : hollow.letters) {
            letters_[letter].state = DeadLetterState::Superseded;
            stored = stored || letter < letters_written_;
        }
        for (const std::string& key : hollow.keys) {
            if (stored) superseded_.push_back({target.name, key});
        }
    }
    undos_.push_back({&target, row, std::move(hollow)});
    return true;
}

bool LetterBook::make_up(const TablePlan& plan, std::string_view identity) {
    if (!has_hollow(plan)) return false;
    return make_up_row(target_of(plan), std::string(identity));
}

bool LetterBook::make_up_unrepresentable(const TablePlan& plan, const std::string& key) {
    return make_up_row(target_of(plan), unrepresentable(key));
}

void LetterBook::make_up_all(const TablePlan& plan) {
    if (!has_hollow(plan)) return;
    Target& target = target_of(plan);
    const std::size_t before = superseded_.size();
    while (!target.rows.empty()) make_up_row(target, std::string(target.rows.begin()->first));
    if (superseded_.size() == before) return;
    superseded_.resize(before);
    superseded_.push_back({target.name, "", true});
}

void LetterBook::back_to(const Mark& mark) {
    if (reloads_ != mark.reloads) forget_all();
    reloads_ = mark.reloads;
    for (; undos_.size() > mark.undos; undos_.pop_back()) {
        Undo& undo = undos_.back();
        if (!undo.before) {
            undo.target->rows.erase(undo.row);
            continue;
        }
        for (const std::uint32_t letter : undo.before->letters)
            letters_[letter].state = DeadLetterState::Pending;
        undo.target->rows[undo.row] = std::move(*undo.before);
    }
    letters_.resize(mark.letters);
    letters_written_ = std::min(letters_written_, mark.letters);
    superseded_.resize(mark.superseded);
    superseded_written_ = std::min(superseded_written_, mark.superseded);
}

Status LetterBook::write(WarehouseSession& session) {
    std::map<std::string, std::vector<std::string>> keys;
    for (; superseded_written_ < superseded_.size(); ++superseded_written_) {
        Superseded& superseded = superseded_[superseded_written_];
        if (superseded.all) {
            WALFERRY_TRYV(office_.store().supersede_table(session, superseded.target, after_all));
        } else {
            keys[superseded.target].push_back(std::move(superseded.key));
        }
    }
    for (const auto& [target, of_target] : keys) {
        WALFERRY_TRYV(office_.store().supersede(session, target, of_target, after_all));
    }
    const auto fresh = std::span(letters_).subspan(letters_written_);
    WALFERRY_TRYV(office_.append(session, fresh));
    for (DeadLetter& letter : fresh) {
        letter.before.reset();
        letter.after.reset();
        letter.error.clear();
    }
    letters_written_ = letters_.size();
    return success();
}

void LetterBook::store_all() {
    for (auto& [id, target] : targets_) {
        for (auto& [row, hollow] : target.rows) {
            hollow.stored = hollow.stored || !hollow.letters.empty();
            hollow.letters.clear();
        }
    }
}

LetterBook::Made LetterBook::committed() {
    Made made;
    for (const DeadLetter& letter : letters_) ++made[{letter.source_table, letter.stage}];
    if (!letters_.empty()) store_all();
    letters_.clear();
    superseded_.clear();
    undos_.clear();
    letters_written_ = superseded_written_ = 0;
    return made;
}

}  // namespace walferry
