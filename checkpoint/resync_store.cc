#include "checkpoint/resync_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "model/quote.h"
#include "warehouse/pg_time_sql.h"

namespace walferry {

namespace {

constexpr const char* table_name = "resync";
constexpr std::int64_t ended_ids_kept = 10'000;

constexpr std::array<std::pair<ResyncState, std::string_view>, 7> resync_state_names{{
    {ResyncState::Requested, "requested"},
    {ResyncState::Copying, "copying"},
    {ResyncState::CatchingUp, "catching_up"},
    {ResyncState::Comparing, "comparing"},
    {ResyncState::Done, "done"},
    {ResyncState::Failed, "failed"},
    {ResyncState::Cancelled, "cancelled"},
}};

ResyncRow row_of(const std::vector<std::optional<std::string>>& values) {
    ResyncRow row;
    row.id = std::stoll(values[0].value_or("0"));
    row.source_schema = values[1].value_or("");
    row.source_table = values[2].value_or("");
    row.relation_id = static_cast<RelationId>(std::stoul(values[3].value_or("0")));
    row.state = parse_resync_state(values[4].value_or("")).value_or(ResyncState::Failed);
    row.reason = values[5].value_or("");
    row.rate_max = std::stoull(values[6].value_or("0"));
    row.rows_copied = std::stoull(values[7].value_or("0"));
    row.rows_changed = std::stoull(values[8].value_or("0"));
    row.requested_at = std::stoll(values[9].value_or("0"));
    row.ended_at = std::stoll(values[10].value_or("0"));
    return row;
}

}  // namespace

std::string_view to_string(ResyncState state) {
    for (const auto& [value, name] : resync_state_names) {
        if (value == state) return name;
    }
    return "failed";
}

std::optional<ResyncState> parse_resync_state(std::string_view text) {
    for (const auto& [value, name] : resync_state_names) {
        if (name == text) return value;
    }
    return std::nullopt;
}

Result<bool> ResyncStore::exists(WarehouseSession& session) const {
    WALFERRY_TRY(columns, session.describe_table(control_.table(table_name)));
    return columns.has_value();
}

Result<std::vector<ResyncRow>> ResyncStore::select(WarehouseSession& session,
                                                   const std::string& where_and_order) const {
    WALFERRY_TRY(found, session.query(fmt::format(
                            "SELECT id, source_schema, source_table, relation_id, state, reason, rate_max, "
                            "rows_copied, rows_changed, {}, {} FROM {} WHERE pipeline = {} {}",
                            microseconds_sql(control_.kind, "requested_at"),
                            microseconds_sql(control_.kind, "ended_at"), control_.sql(table_name),
                            control_.pipeline_literal(), where_and_order)));
    std::vector<ResyncRow> rows;
    for (const auto& values : found.rows) rows.push_back(row_of(values));
    return rows;
}

Result<std::int64_t> ResyncStore::last_id(WarehouseSession& session) const {
    WALFERRY_TRY(found, session.query(fmt::format("SELECT max(id) FROM {} WHERE pipeline = {}",
                                                  control_.sql(table_name), control_.pipeline_literal())));
    return std::int64_t{std::stoll(found.rows.at(0).at(0).value_or("0"))};
}

Result<std::vector<ResyncRow>> ResyncStore::read(WarehouseSession& session, bool open_only,
                                                 std::uint64_t rows_max) const {
    return select(session,
                  fmt::format("{} LIMIT {}",
                              open_only ? "AND ended_at IS NULL ORDER BY id" : "ORDER BY id DESC", rows_max));
}

Result<std::vector<ResyncRow>> ResyncStore::find(WarehouseSession& session,
                                                 const std::vector<std::int64_t>& ids) const {
    if (ids.empty()) return std::vector<ResyncRow>();
    return select(session, fmt::format("AND id IN ({}) ORDER BY id", fmt::join(ids, ", ")));
}

Result<std::vector<ResyncRow>> ResyncStore::request(WarehouseSession& session,
                                                    std::vector<ResyncRow> rows) const {
    WALFERRY_TRY(open, select(session, "AND ended_at IS NULL ORDER BY id"));
    WALFERRY_TRY(last, last_id(session));
    std::vector<std::int64_t> ids;
    std::string values;
    for (const ResyncRow& row : rows) {
        const auto same = std::find_if(open.begin(), open.end(), [&](const ResyncRow& other) {
            return other.source_schema == row.source_schema && other.source_table == row.source_table;
        });
        ids.push_back(same == open.end() ? ++last : same->id);
        if (same != open.end()) continue;
        open.push_back(row);
        open.back().id = last;
        values += fmt::format("{}({}, {}, {}, {}, {}, 'requested', {}, 0, 0, 0, now(), now())",
                              values.empty() ? "" : ", ", last, control_.pipeline_literal(),
                              quote_literal(row.source_schema), quote_literal(row.source_table),
                              row.relation_id, row.rate_max);
    }
    if (!values.empty()) {
        WALFERRY_TRYV(session.execute(
            fmt::format("DELETE FROM {} WHERE pipeline = {} AND ended_at IS NOT NULL AND id <= {}",
                        control_.sql(table_name), control_.pipeline_literal(), last - ended_ids_kept)));
        WALFERRY_TRYV(session.execute(fmt::format(
            "INSERT INTO {} (id, pipeline, source_schema, source_table, relation_id, state, rate_max, "
            "rows_copied, rows_changed, epoch, requested_at, updated_at) VALUES {}",
            control_.sql(table_name), values)));
    }
    WALFERRY_TRY(found, find(session, ids));
    std::vector<ResyncRow> asked;
    for (const std::int64_t id : ids) {
        const auto row = std::find_if(found.begin(), found.end(),
                                      [&](const ResyncRow& candidate) { return candidate.id == id; });
        if (row != found.end()) asked.push_back(*row);
    }
    return asked;
}

Status ResyncStore::write(WarehouseSession& session, const ResyncRow& row, std::uint64_t epoch) const {
    return session.execute(fmt::format(
        "UPDATE {} SET state = {}, reason = {}, rows_copied = {}, rows_changed = {}, epoch = {}, updated_at "
        "= now(){} WHERE pipeline = {} AND id = {} AND ended_at IS NULL",
        control_.sql(table_name), quote_literal(to_string(row.state)),
        row.reason.empty() ? "NULL" : quote_literal(row.reason), row.rows_copied, row.rows_changed, epoch,
        has_ended(row.state) ? ", ended_at = now()" : "", control_.pipeline_literal(), row.id));
}

Status ResyncStore::holds(WarehouseSession& session, std::int64_t id, std::uint64_t epoch) const {
    const char* lock = control_.kind == WarehouseKind::Postgres ? " FOR SHARE" : "";
    WALFERRY_TRY(found, session.query(fmt::format(
                            "SELECT 1 FROM {} WHERE pipeline = {} AND id = {} AND epoch = {} AND ended_at IS "
                            "NULL{}",
                            control_.sql(table_name), control_.pipeline_literal(), id, epoch, lock)));
    if (!found.rows.empty()) return success();
    return Error{ErrorKind::Fenced,
                 fmt::format("resync {} was given up, or another walferry carries it out now", id), "", ""};
}

Result<std::vector<ResyncRow>> ResyncStore::cancel(WarehouseSession& session,
                                                   const std::vector<std::int64_t>& ids) const {
    if (ids.empty()) return std::vector<ResyncRow>();
    WALFERRY_TRY(changed,
                 session.query(fmt::format(
                     "UPDATE {} SET state = 'cancelled', updated_at = now(), ended_at = now() WHERE pipeline "
                     "= {} AND ended_at IS NULL AND id IN ({}) RETURNING id",
                     control_.sql(table_name), control_.pipeline_literal(), fmt::join(ids, ", "))));
    std::vector<std::int64_t> cancelled;
    for (const auto& values : changed.rows) cancelled.push_back(std::stoll(values[0].value_or("0")));
    return find(session, cancelled);
}

}  // namespace walferry
