#include "pipeline/dead_letter_replayer.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "capture/source_catalog.h"
#include "checkpoint/table_state_store.h"
#include "pipeline/kafka/event_preflight.h"
#include "pipeline/kafka/event_tables.h"
#include "pipeline/replay/history_replay.h"
#include "pipeline/replay/log_replay.h"
#include "pipeline/replay/record_replay.h"
#include "pipeline/replay/upsert_replay.h"
#include "pipeline/session_setup.h"
#include "pipeline/table_planning.h"

namespace walferry {

namespace {

class Replayer {
 public:
    Replayer(Config config, WarehouseKind kind, TablePlanning planning,
             std::shared_ptr<SchemaRegistry> schemas = nullptr)
        : config_(std::move(config)),
          kind_(kind),
          planning_(std::move(planning)),
          schemas_(std::move(schemas)) {}

    Result<ReplayOutcome> replay(WarehouseSession& session, const DeadLetter& letter) const {
        auto outcome = try_replay(session, letter);
        if (outcome || outcome.error().kind != ErrorKind::Data) return outcome;
        return refused(outcome.error().sqlstate, outcome.error().message);
    }

 private:
    /// A record that could not be read, into all targets of its table.
    Result<ReplayOutcome> replay_record(WarehouseSession& session, const DeadLetter& letter) const {
        WALFERRY_TRY(letters, read_again(config_, planning_, schemas_.get(), letter));
        ReplayOutcome all = replayed(false);
        for (const DeadLetter& each : letters) {
            WALFERRY_TRY(outcome, try_replay(session, each));
            if (outcome.verdict == ReplayVerdict::Refused) return outcome;
        }
        return all;
    }

    Result<ReplayOutcome> try_replay(WarehouseSession& session, const DeadLetter& letter) const {
        if (letter.stage == DeadLetterStage::Decode && letter.topic && config_.kafka)
            return replay_record(session, letter);
        if (letter.source_table.empty() || letter.target_table.empty())
            return refused("malformed", "the letter names no table: correct the row at the source");
        if (letter.op == DeadLetterOp::Truncate)
            return refused("malformed", "a TRUNCATE is not replayed: copy the table anew");
        const std::string problem = problem_with(letter);
        if (!problem.empty()) return refused("no_target", problem);
        const TablePlan& plan = find_target(letter)->plan;
        const ControlSchema control = control_schema(config_, kind_, session.catalog());
        WALFERRY_TRY(streams, is_streaming(session, control, letter.source_table));
        if (!streams)
            return refused("not_streaming",
                           "the table is being copied or has left the publication: try again "
                           "when `walferry status` says that it streams");
        WALFERRY_TRY(row, stage_letter(session, plan, letter));
        WALFERRY_TRY(outcome, apply({session, plan, letter, row, control}));
        WALFERRY_TRYV(unstage_letter(session, row));
        return outcome;
    }

    static Result<ReplayOutcome> apply(const ReplayCase& replay) {
        switch (replay.plan.mode) {
            case TableMode::Upsert:
                break;
            case TableMode::Scd2:
                return replay_history(replay);
            case TableMode::Append:
                return replay_log(replay);
        }
        return replay_upsert(replay);
    }

    const PlannedTable* find_target(const DeadLetter& letter) const {
        const auto found = std::find_if(
            planning_.tables.begin(), planning_.tables.end(), [&](const PlannedTable& candidate) {
                return candidate.plan.source.qualified_name() == letter.source_table &&
                       to_string(candidate.plan.target) == letter.target_table;
            });
        return found == planning_.tables.end() ? nullptr : &*found;
    }

    /// Why there is no target that the letter could go to; empty when there is.
    std::string problem_with(const DeadLetter& letter) const {
        for (const Finding& finding : planning_.findings) {
            if (finding.is_error && finding.subject == letter.source_table)
                return fmt::format("{}: {}", finding.message, finding.fix);
        }
        const PlannedTable* found = find_target(letter);
        if (found != nullptr && found->target_exists) return {};
        return fmt::format("{} is not published any more, or has no target {}: discard the letter",
                           letter.source_table, letter.target_table);
    }

    /// While a table is copied, its rows come with the copy.
    static Result<bool> is_streaming(WarehouseSession& session, const ControlSchema& control,
                                     const std::string& name) {
        WALFERRY_TRY(states, TableStateStore(control).read(session));
        return std::any_of(states.begin(), states.end(), [&](const TableStateRow& row) {
            return row.qualified_name() == name && row.state == TableState::Streaming;
        });
    }

    Config config_;
    WarehouseKind kind_;
    TablePlanning planning_;
    std::shared_ptr<SchemaRegistry> schemas_;
};

/// Tables that come by Kafka are what their events showed so far.
Result<ReplayOne> event_replayer(const Config& config, WarehouseKind kind, WarehouseSession& reader) {
    const ControlSchema control = control_schema(config, kind, reader.catalog());
    WALFERRY_TRY(tables, event_tables(reader, control));
    WALFERRY_TRY(planning, plan_tables(config, tables, reader, kind));
    WALFERRY_TRY(schemas, schema_registry(*config.kafka));
    auto replayer = std::make_shared<const Replayer>(config, kind, std::move(planning), schemas);
    return ReplayOne([replayer](WarehouseSession& session, const DeadLetter& letter) {
        return replayer->replay(session, letter);
    });
}

}  // namespace

Result<ReplayOne> dead_letter_replayer(const Config& config, WarehouseKind kind, WarehouseSession& reader) {
    if (config.kafka) return event_replayer(config, kind, reader);
    WALFERRY_TRY(catalog, connect_source_catalog(config.source.connection));
    WALFERRY_TRY(publication, catalog->publication(config.source.publication));
    TablePlanning planning;
    if (publication) {
        WALFERRY_TRY(published, catalog->published_tables(config.source.publication));
        WALFERRY_TRY(planned, plan_tables(config, published, reader, kind));
        planning = std::move(planned);
    }
    auto replayer = std::make_shared<const Replayer>(config, kind, std::move(planning));
    return ReplayOne([replayer](WarehouseSession& session, const DeadLetter& letter) {
        return replayer->replay(session, letter);
    });
}

}  // namespace walferry
