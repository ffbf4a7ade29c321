#include "apply/refusal/hollow_rows.h"

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
    return std::any_of(chains.begin(), chains.end(), [&](const KeyChain& chain) {
        return book.is_hollow(changes.plan(), chain.key);
    });
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

}  // namespace

bool touches_hollow(TableBatch& batch, const LetterBook& book) {
    for (TargetChanges& target : batch.targets()) {
        const bool touched = std::visit(
            [&](auto& changes) { return book.has_hollow(changes.plan()) && touches(changes, book); }, target);
        if (touched) return true;
    }
    return false;
}

}  // namespace walferry
