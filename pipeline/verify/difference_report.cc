#include "pipeline/verify/difference_report.h"

#include <fmt/format.h>

#include "pipeline/verify/row_text.h"

namespace walferry {
namespace {

/// Ends a limited run from within; never seen outside.
const Error limit_reached{ErrorKind::Cancelled, "as many differences as were asked for", "", "limit"};

}  // namespace

bool is_limit(const Error& error) {
    return error.sqlstate == limit_reached.sqlstate;
}

std::string_view to_string(DifferenceKind kind) {
    switch (kind) {
        case DifferenceKind::Missing:
            return "missing";
        case DifferenceKind::Extra:
            return "extra";
        case DifferenceKind::Changed:
            break;
    }
    return "changed";
}

Status DifferenceReport::add(JudgedRow row) {
    if (row.kind == DifferenceKind::Extra && parts_.table.extra_allowed) return success();
    if (parts_.repair == nullptr) return tell(row, describe(row));
    waiting_copies_ += row.copies;
    waiting_.push_back(std::move(row));
    // No row beyond the limit is repaired.
    const bool is_enough = parts_.options.limit > 0 && parts_.found + waiting_copies_ >= parts_.options.limit;
    if (waiting_.size() < RowRepair::rows_max && !is_enough) return success();
    return flush();
}

Status DifferenceReport::flush() {
    if (waiting_.empty()) return success();
    const std::vector<JudgedRow> rows = std::move(waiting_);
    waiting_.clear();
    waiting_copies_ = 0;
    std::vector<WantedRow> wanted;
    for (const JudgedRow& row : rows) wanted.push_back(row.row);
    const bool at_limit = parts_.options.limit > 0 && parts_.found == parts_.options.limit;
    if (at_limit) return tell(rows.front(), describe(rows.front()));
    WALFERRY_TRY(failures, parts_.repair->repair(wanted));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Difference difference = describe(rows[i]);
        difference.repaired = failures[i].empty();
        difference.repair_failure = std::move(failures[i]);
        if (*difference.repaired) parts_.result.repaired += rows[i].copies;
        WALFERRY_TRYV(tell(rows[i], difference));
    }
    return success();
}

Difference DifferenceReport::describe(const JudgedRow& row) const {
    const ComparedTable& table = parts_.table;
    Difference difference;
    difference.table = table.name();
    difference.target = to_string(table.plan.target);
    difference.kind = row.kind;
    difference.has_values = parts_.options.values;
    if (table.key_count == 0) {
        difference.key =
            row_text(table.columns, row.source_texts.empty() ? row.target_texts : row.source_texts);
        return difference;
    }
    const std::vector<std::string> key = unpack_texts(row.row.key);
    const std::vector<ComparedTable::Column> key_columns(
        table.columns.begin(), table.columns.begin() + static_cast<std::ptrdiff_t>(table.key_count));
    difference.key = row_text(key_columns, {key.begin(), key.end()});
    difference.dead_letter = parts_.letters.find(letter_key(table, key));
    for (const std::size_t i : row.columns) {
        Difference::Column column{table.columns[i].plain_name, {}, {}};
        if (i < row.source_texts.size()) column.source = row.source_texts[i];
        if (i < row.target_texts.size()) column.target = row.target_texts[i];
        difference.columns.push_back(std::move(column));
    }
    return difference;
}

Status DifferenceReport::tell(const JudgedRow& row, const Difference& difference) {
    const std::uint64_t limit = parts_.options.limit;
    for (std::uint64_t copy = 0; copy < row.copies; ++copy) {
        if (limit > 0 && parts_.found == limit) {
            parts_.listener.note(fmt::format("ended after {} differences, as asked", parts_.found));
            return limit_reached;
        }
        ++parts_.found;
        WALFERRY_TRYV(parts_.listener.difference(difference));
    }
    TableVerification& result = parts_.result;
    (row.kind == DifferenceKind::Missing ? result.missing
     : row.kind == DifferenceKind::Extra ? result.extra
                                         : result.changed) += row.copies;
    return success();
}

}  // namespace walferry
