#include "pipeline/resync/resync_desk.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "checkpoint/checkpoint_store.h"
#include "checkpoint/table_state_store.h"
#include "pipeline/dead_letter_desk.h"
#include "pipeline/resync/table_names.h"
#include "pipeline/session_setup.h"

namespace walferry {

namespace {

constexpr std::uint64_t open_rows_max = 10'000;

/// A table of the pipeline as far as a request is concerned.
struct TableStanding {
    SchemaTable name;
    RelationId relation_id = 0;
    TableState state = TableState::Excluded;
    std::string reason;
    std::uint64_t rows_copied = 0;
    std::int64_t rows_estimated = -1;
};

TableStanding standing_of(const TableStateRow& row) {
    TableStanding standing;
    standing.name = {row.source_schema, row.source_table};
    standing.relation_id = row.relation_id;
    standing.state = row.state;
    standing.reason = row.reason;
    standing.rows_copied = row.rows_copied;
    return standing;
}

/// Those that the control tables know, and those that only the running pipeline knows: what a wildcard
/// matches and can't be captured has no row.
std::vector<TableStanding> standings(const std::vector<TableStateRow>& rows, const StatusReport& status) {
    std::vector<TableStanding> tables;
    for (const TableStateRow& row : rows) tables.push_back(standing_of(row));
    for (const TableReport& report : status.tables) {
        const auto known = std::find_if(tables.begin(), tables.end(), [&](const TableStanding& table) {
            return table.name.qualified_name() == report.name;
        });
        if (known != tables.end()) {
            known->rows_copied = std::max(known->rows_copied, report.rows_copied);
            known->rows_estimated = report.rows_estimated;
        } else if (report.state == to_string(TableState::Excluded)) {
            const std::size_t dot = report.name.find('.');
            TableStanding excluded;
            excluded.name = {report.name.substr(0, dot), report.name.substr(dot + 1)};
            excluded.reason = report.reason;
            tables.push_back(std::move(excluded));
        }
    }
    return tables;
}

/// Empty when the table can be made equal anew.
std::optional<Error> obstacle(const TableStanding& table) {
    const std::string name = table.name.qualified_name();
    const auto refused = [](std::string message) {
        return Error{ErrorKind::Refused, std::move(message), "", ""};
    };
    switch (table.state) {
        case TableState::Streaming:
            return std::nullopt;
        case TableState::Copying:
            return refused(fmt::format(
                "{} is being copied ({} rows{}): wait until it streams", name, table.rows_copied,
                table.rows_estimated > 0 ? fmt::format(" of about {}", table.rows_estimated) : ""));
        case TableState::CatchingUp:
            return refused(fmt::format(
                "{} is being copied (all {} rows; what changed meanwhile follows): wait until it streams",
                name, table.rows_copied));
        case TableState::Failed:
        case TableState::Excluded:
            break;
    }
    return refused(fmt::format("{} is {}{}{}: there is nothing to make equal", name, to_string(table.state),
                               table.reason.empty() ? "" : ": ", table.reason));
}

/// While no session runs a table that has failed waits for the same: to be copied anew by the next one.
bool can_be_made_equal(const TableStanding& table, bool running) {
    return table.state == TableState::Streaming || (!running && table.state == TableState::Failed);
}

Result<std::vector<TableStanding>> all_that_can(std::vector<TableStanding> tables, bool running) {
    std::erase_if(tables, [&](const TableStanding& table) { return !can_be_made_equal(table, running); });
    if (!tables.empty()) return tables;
    return Error{ErrorKind::Refused, "no table of the pipeline streams yet", "", ""};
}

/// Each table once, however often it is named.
Result<std::vector<TableStanding>> chosen(const ResyncDesk::Request& request,
                                          const std::vector<TableStanding>& tables, bool running) {
    if (request.all) return all_that_can(tables, running);
    std::vector<SchemaTable> names;
    for (const TableStanding& table : tables) names.push_back(table.name);
    std::vector<std::size_t> places;
    for (const std::string& name : request.tables) {
        WALFERRY_TRY(place, find_table(name, names));
        if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
    }
    std::vector<TableStanding> some;
    for (const std::size_t place : places) {
        const auto problem = obstacle(tables[place]);
        if (problem && !can_be_made_equal(tables[place], running)) return *problem;
        some.push_back(tables[place]);
    }
    return some;
}

ResyncRow row_for(const TableStanding& table, std::uint64_t rate_max) {
    ResyncRow row;
    row.source_schema = table.name.schema;
    row.source_table = table.name.table;
    row.relation_id = table.relation_id;
    row.rate_max = rate_max;
    return row;
}

Status fail_states(WarehouseSession& session, const ControlSchema& control,
                   const std::vector<TableStateRow>& states, const std::vector<ResyncRow>& wanted) {
    WALFERRY_TRY(checkpoint, CheckpointStore(control).read(session));
    if (!checkpoint) return success();
    for (TableStateRow row : states) {
        const bool asked = std::any_of(wanted.begin(), wanted.end(), [&](const ResyncRow& resync) {
            return resync.qualified_name() == row.qualified_name();
        });
        if (!asked || row.state != TableState::Streaming) continue;
        row.state = TableState::Failed;
        row.reason = "a resync was asked for";
        WALFERRY_TRYV(TableStateStore(control).write(session, row, checkpoint->epoch));
    }
    return success();
}

}  // namespace

Result<ResyncDesk::Opened> ResyncDesk::open() const {
    WALFERRY_TRY(session, parts_.reader());
    const ControlSchema control =
        control_schema(parts_.config, warehouse_kind(parts_.config), session->catalog());
    Opened opened{std::move(session), ResyncStore(control), false};
    WALFERRY_TRY(exists, opened.store.exists(*opened.session));
    opened.exists = exists;
    return opened;
}

Result<std::vector<ResyncReport>> ResyncDesk::request(const Request& request) const {
    WALFERRY_TRY(opened, open());
    if (!opened.exists) {
        return Error{ErrorKind::Refused, "nothing was set up yet: the warehouse has no tables to resync", "",
                     ""};
    }
    WALFERRY_TRY(states, TableStateStore(opened.store.control()).read(*opened.session));
    const StatusReport status = parts_.status ? parts_.status() : StatusReport();
    WALFERRY_TRY(tables, chosen(request, standings(states, status), parts_.board != nullptr));
    std::vector<ResyncRow> wanted;
    for (const TableStanding& table : tables) wanted.push_back(row_for(table, request.rate_max));

    std::vector<ResyncRow> requested;
    const WriterWork work = [&](WarehouseSession& session) -> Status {
        WALFERRY_TRY(rows, opened.store.request(session, wanted));
        requested = std::move(rows);
        // Nobody streams: the next session copies them anew, beside what they have, before it applies to them
        // what may not fit any more.
        return parts_.board == nullptr ? fail_states(session, opened.store.control(), states, wanted)
                                       : Status{success()};
    };
    const std::vector<Status> outcomes = parts_.writer({work});
    if (!outcomes.front()) return outcomes.front().error();
    if (parts_.board != nullptr) parts_.board->announce();
    for (const ResyncRow& row : requested)
        spdlog::info("resync {} of {} was asked for", row.id, row.qualified_name());
    std::vector<ResyncReport> made = reports(std::move(requested));
    for (std::size_t at = 0; at < made.size() && at < tables.size(); ++at) {
        if (made[at].rows_estimated == 0 && tables[at].rows_estimated > 0)
            made[at].rows_estimated = static_cast<std::uint64_t>(tables[at].rows_estimated);
    }
    return made;
}

Result<std::vector<ResyncRow>> ResyncDesk::read(const Opened& opened, const Filter& filter) const {
    if (filter.ids.empty() && !filter.open_only) return opened.store.read(*opened.session, false);
    if (filter.ids.empty()) return opened.store.read(*opened.session, true, open_rows_max);
    WALFERRY_TRY(rows, opened.store.find(*opened.session, filter.ids));
    if (filter.open_only) std::erase_if(rows, [](const ResyncRow& row) { return has_ended(row.state); });
    return rows;
}

Result<std::vector<ResyncReport>> ResyncDesk::list(const Filter& filter) const {
    WALFERRY_TRY(opened, open());
    if (!opened.exists) return std::vector<ResyncReport>();
    WALFERRY_TRY(rows, read(opened, filter));
    return reports(std::move(rows));
}

Result<std::vector<ResyncReport>> ResyncDesk::cancel(const std::vector<std::int64_t>& ids) const {
    WALFERRY_TRY(opened, open());
    std::vector<ResyncRow> cancelled;
    if (!opened.exists || ids.empty()) return std::vector<ResyncReport>();
    const WriterWork work = [&](WarehouseSession& session) -> Status {
        WALFERRY_TRY(rows, opened.store.cancel(session, ids));
        cancelled = std::move(rows);
        return success();
    };
    const std::vector<Status> outcomes = parts_.writer({work});
    if (!outcomes.front()) return outcomes.front().error();
    std::vector<ResyncReport> made = reports(cancelled);
    for (const ResyncRow& row : cancelled) {
        if (parts_.board != nullptr) parts_.board->cancel(row.id);
        spdlog::info("resync {} of {} was cancelled", row.id, row.qualified_name());
    }
    return made;
}

/// A row that has ended is the last word; before that the board is ahead of it.
std::vector<ResyncReport> ResyncDesk::reports(std::vector<ResyncRow> rows) const {
    std::vector<ResyncReport> made;
    for (ResyncRow& row : rows) {
        const auto running = parts_.board == nullptr ? std::nullopt : parts_.board->running(row.id);
        ResyncReport report;
        if (running) report = *running;
        if (!running || has_ended(row.state)) report.row = std::move(row);
        made.push_back(std::move(report));
    }
    return made;
}

}  // namespace walferry
