#include "apply/refusal/batch_look.h"

#include <algorithm>

#include "apply/row_fields.h"

namespace walferry {

namespace {

bool touches(UpsertChanges& changes, const LetterBook& book) {
    const TablePlan& plan = changes.plan();
    if (changes.truncated()) return true;
    const auto net = changes.net().changes();
    const auto rows = changes.rows().counts();
    return std::any_of(net.begin(), net.end(),
                       [&](const NetChange& change) { return book.is_hollow(plan, change.key); }) ||
           std::any_of(rows.begin(), rows.end(),
                       [&](const RowCount& row) { return book.is_hollow(plan, row.data); });
}

bool touches(const HistoryChanges& changes, const LetterBook& book) {
    const auto& chains = changes.chains();
    if (changes.truncate_time()) return true;
    return std::any_of(chains.begin(), chains.end(),
                       [&](const KeyChain& chain) { return book.is_hollow(changes.plan(), chain.key); });
}

bool touches(const LogChanges& changes, const LetterBook& book) {
    const TablePlan& plan = changes.plan();
    if (!plan.has_key()) return false;
    const auto& entries = changes.entries();
    return std::any_of(entries.begin(), entries.end(), [&](const LogEntry& entry) {
        if (entry.fields.empty()) return false;
        return book.is_hollow(plan, leading_fields(entry.fields, plan.key_count)) ||
               (entry.has_unchanged && book.is_hollow(plan, entry.base));
    });
}

/// Calls `look` with each row that the target is to get, until it says no.
template <class Look>
bool all_rows(TargetChanges& target, Look&& look) {
    if (auto* upsert = std::get_if<UpsertChanges>(&target)) {
        const auto net = upsert->net().changes();
        const auto rows = upsert->rows().counts();
        return std::all_of(net.begin(), net.end(),
                           [&](const NetChange& change) { return !change.present || look(change.row); }) &&
               std::all_of(rows.begin(), rows.end(),
                           [&](const RowCount& row) { return row.count <= 0 || look(row.row); });
    }
    if (auto* history = std::get_if<HistoryChanges>(&target)) {
        const auto& states = history->states();
        return std::all_of(states.begin(), states.end(),
                           [&](const KeyState& state) { return !state.present || look(state.row); });
    }
    const auto& entries = std::get<LogChanges>(target).entries();
    return std::all_of(entries.begin(), entries.end(),
                       [&](const LogEntry& entry) { return entry.fields.empty() || look(entry.fields); });
}

}  // namespace

Result<bool> rows_fit(WarehouseSession& session, TableBatch& batch) {
    for (TargetChanges& target : batch.targets()) {
        const TablePlan& plan =
            std::visit([](auto& changes) -> const TablePlan& { return changes.plan(); }, target);
        WALFERRY_TRY(check, session.row_check(plan.target, std::span(plan.columns).first(plan.data_count())));
        if (check == nullptr) continue;
        if (!all_rows(target, [&](std::string_view row) { return check->check(row).has_value(); }))
            return false;
    }
    return true;
}

bool touches_hollow(TableBatch& batch, const LetterBook& book) {
    for (TargetChanges& target : batch.targets()) {
        const bool touched = std::visit(
            [&](auto& changes) { return book.has_hollow(changes.plan()) && touches(changes, book); }, target);
        if (touched) return true;
    }
    return false;
}

}  // namespace walferry
