#include "checkpoint/table_state_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "model/quote.h"

namespace walferry {

namespace {

constexpr std::array<std::pair<TableState, std::string_view>, 5> table_state_names{{
    {TableState::Copying, "copying"},
    {TableState::CatchingUp, "catching_up"},
    {TableState::Streaming, "streaming"},
    {TableState::Failed, "failed"},
    {TableState::Excluded, "excluded"},
}};

std::string text_or_null(const std::string& text) {
    return text.empty() ? "NULL" : quote_literal(text);
}

}  // namespace

std::string_view to_string(TableState state) {
    for (const auto& [value, name] : table_state_names) {
        if (value == state) return name;
    }
    return "failed";
}

std::optional<TableState> parse_table_state(std::string_view text) {
    for (const auto& [value, name] : table_state_names) {
        if (name == text) return value;
    }
    return std::nullopt;
}

Result<std::vector<TableStateRow>> TableStateStore::read(WarehouseSession& session) const {
    WALFERRY_TRY(found,
                 session.query(fmt::format(
                     "SELECT source_schema, source_table, relation_id, target_schema, target_table, mode, "
                     "state, reason, publication_member, snapshot, snapshot_lsn, rows_copied, merges_copy, "
                     "snapshot_time FROM {} "
                     "WHERE pipeline = {} ORDER BY source_schema, source_table, target_schema, target_table",
                     control_.sql("table_state"), control_.pipeline_literal())));
    std::vector<TableStateRow> rows;
    for (const auto& row : found.rows) {
        TableStateRow state;
        state.source_schema = row[0].value_or("");
        state.source_table = row[1].value_or("");
        const bool same_table = !rows.empty() && rows.back().qualified_name() == state.qualified_name();
        if (same_table) state = std::move(rows.back());
        if (same_table) rows.pop_back();
        state.relation_id = static_cast<RelationId>(std::stoul(row[2].value_or("0")));
        state.targets.push_back({row[3].value_or(""), row[4].value_or(""), row[5].value_or("")});
        state.state = parse_table_state(row[6].value_or("")).value_or(TableState::Failed);
        state.reason = row[7].value_or("");
        state.publication_member = static_cast<std::uint32_t>(std::stoul(row[8].value_or("0")));
        state.snapshot = row[9].value_or("");
        state.snapshot_lsn = control_.read_lsn(row[10]);
        state.rows_copied = std::stoull(row[11].value_or("0"));
        state.merges_copy = row[12].value_or("f").starts_with('t');
        state.snapshot_time = std::stoll(row[13].value_or("0"));
        rows.push_back(std::move(state));
    }
    return rows;
}

std::string TableStateStore::where(const TableStateRow& row) const {
    return fmt::format("pipeline = {} AND source_schema = {} AND source_table = {}",
                       control_.pipeline_literal(), quote_literal(row.source_schema),
                       quote_literal(row.source_table));
}

std::string TableStateStore::lsn_or_null(Lsn lsn) const {
    return lsn ? control_.lsn_literal(lsn) : "NULL";
}

Status TableStateStore::write(WarehouseSession& session, const TableStateRow& row,
                              std::uint64_t epoch) const {
    const std::string values = fmt::format(
        "relation_id = {}, state = {}, reason = {}, publication_member = {}, snapshot = {}, snapshot_lsn = "
        "{}, "
        "snapshot_time = {}, merges_copy = {}, rows_copied = {}, epoch = {}, updated_at = now()",
        row.relation_id, quote_literal(to_string(row.state)), text_or_null(row.reason),
        row.publication_member, text_or_null(row.snapshot), lsn_or_null(row.snapshot_lsn), row.snapshot_time,
        row.merges_copy, row.rows_copied, epoch);
    std::vector<std::string> targets;
    for (const TableStateRow::Target& target : row.targets) {
        targets.push_back(fmt::format("({}, {}, {})", quote_literal(target.schema),
                                      quote_literal(target.table), quote_literal(target.mode)));
    }
    const std::string table = control_.sql("table_state");
    WALFERRY_TRY(changed, session.modify(fmt::format(
                              "UPDATE {} SET {} WHERE {} AND (target_schema, target_table, mode) IN ({})",
                              table, values, where(row), fmt::join(targets, ", "))));
    if (changed == row.targets.size()) return success();
    WALFERRY_TRYV(remove(session, row));
    return insert(session, row, epoch);
}

Status TableStateStore::insert(WarehouseSession& session, const TableStateRow& row,
                               std::uint64_t epoch) const {
    std::vector<std::string> rows;
    for (const TableStateRow::Target& target : row.targets) {
        rows.push_back(fmt::format(
            "({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, now())",
            control_.pipeline_literal(), quote_literal(row.source_schema), quote_literal(row.source_table),
            row.relation_id, quote_literal(target.schema), quote_literal(target.table),
            quote_literal(target.mode), quote_literal(to_string(row.state)), text_or_null(row.reason),
            row.publication_member, text_or_null(row.snapshot), lsn_or_null(row.snapshot_lsn),
            row.snapshot_time, row.merges_copy, row.rows_copied, epoch));
    }
    return session.execute(
        fmt::format("INSERT INTO {} (pipeline, source_schema, source_table, relation_id, target_schema, "
                    "target_table, mode, "
                    "state, reason, publication_member, snapshot, snapshot_lsn, snapshot_time, merges_copy, "
                    "rows_copied, epoch, updated_at) "
                    "VALUES {}",
                    control_.sql("table_state"), fmt::join(rows, ", ")));
}

Status TableStateStore::remove(WarehouseSession& session, const TableStateRow& row) const {
    return session.execute(fmt::format("DELETE FROM {} WHERE {}", control_.sql("table_state"), where(row)));
}

Result<std::optional<std::string>> TableStateStore::other_owner(WarehouseSession& session,
                                                                const TargetName& target) const {
    WALFERRY_TRY(exists, has_control_schema(session, control_));
    if (!exists) return std::optional<std::string>{};
    WALFERRY_TRY(
        found,
        session.query(fmt::format(
            "SELECT pipeline FROM {} WHERE pipeline <> {} AND target_schema = {} AND target_table = {}",
            control_.sql("table_state"), control_.pipeline_literal(), quote_literal(target.schema),
            quote_literal(target.table))));
    if (found.rows.empty()) return std::optional<std::string>{};
    return found.rows[0][0];
}

Status TableStateStore::holds(WarehouseSession& session, const TableStateRow& row,
                              std::uint64_t epoch) const {
    const char* lock = control_.kind == WarehouseKind::Postgres ? " FOR SHARE" : "";
    WALFERRY_TRY(found,
                 session.query(fmt::format("SELECT 1 FROM {} WHERE {} AND epoch = {} AND state = 'copying'{}",
                                           control_.sql("table_state"), where(row), epoch, lock)));
    if (!found.rows.empty()) return success();
    return Error{ErrorKind::Fenced, fmt::format("another walferry copies {} now", row.qualified_name()), "",
                 ""};
}

}  // namespace walferry
