#include "pipeline/verify/verifier.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "capture/source_catalog.h"
#include "checkpoint/table_state_store.h"
#include "pipeline/dead_letter_desk.h"
#include "pipeline/schema/known_shapes.h"
#include "pipeline/session_setup.h"
#include "pipeline/table_planning.h"
#include "pipeline/verify/difference_report.h"
#include "pipeline/verify/duckdb_side.h"
#include "pipeline/verify/partition_condition.h"
#include "pipeline/verify/postgres_side.h"
#include "pipeline/verify/table_comparison.h"
#include "warehouse/row_hash/hash_sql.h"

namespace walferry {

namespace {

constexpr std::size_t shown_bytes_max = 200;
/// Some thousand keys are looked up again and again, in pages that are cached by then: not by reading the
/// whole table each time. Scans go by the server's own setting (PostgresSide).
constexpr const char* looks_up_by_index = "SET random_page_cost = 1";

}  // namespace

Verifier::Verifier(Parts parts, VerifyOptions options, VerifyListener listener, std::stop_token stop)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      listener_(std::move(listener)),
      stop_(std::move(stop)),
      kind_(warehouse_kind(parts_.config)),
      pace_(options_.rows_per_second, go_on()) {}

Verifier::~Verifier() = default;

GoOn Verifier::go_on() const {
    return [stop = stop_]() -> Status {
        if (stop.stop_requested()) return Error{ErrorKind::Cancelled, "the comparison was ended", "", ""};
        return success();
    };
}

ControlSchema Verifier::control() const {
    return control_schema(parts_.config, kind_, session_->catalog());
}

Status Verifier::open() {
    if (options_.repair && !parts_.writer)
        return Error{ErrorKind::Internal, "nobody is there who may repair", "", ""};
    const std::string& connection = parts_.config.source.connection;
    WALFERRY_TRY(catalog, connect_source_catalog(connection));
    WALFERRY_TRY(query, open_source_query(connection));
    WALFERRY_TRY(session, parts_.reader());
    catalog_ = std::move(catalog);
    query_ = std::move(query);
    session_ = std::move(session);
    if (kind_ == WarehouseKind::Postgres) {
        WALFERRY_TRYV(
            session_->execute("SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB'; SET "
                              "cursor_tuple_fraction = 1; SET jit = off"));
        WALFERRY_TRYV(session_->execute(looks_up_by_index));
    }
    WALFERRY_TRYV(query_->rows(looks_up_by_index));
    const HashProbe probe = hash_probe();
    WALFERRY_TRY(answer, query_->rows(probe.sql));
    if (answer.at(0).at(0) != probe.answer) {
        return Error{ErrorKind::Refused, "the source's server hashes in another byte order than this machine",
                     "compare from a machine with the source's byte order", ""};
    }
    if (parts_.progress) {
        fence_ = make_running_fence(parts_.progress, go_on());
    } else {
        fence_ = make_distant_fence({*catalog_, *query_, *session_, CheckpointStore(control()),
                                     parts_.config.source.slot, parts_.config.source.publication, go_on()});
    }
    return success();
}

bool Verifier::is_wanted(const std::string& table) const {
    return options_.tables.empty() ||
           std::any_of(options_.tables.begin(), options_.tables.end(), [&](const std::string& wanted) {
               return wanted == table || glob_matches(wanted, table);
           });
}

Status Verifier::refuse_unknown(const std::vector<Planned>& planned) const {
    for (const std::string& wanted : options_.tables) {
        const bool known = std::any_of(planned.begin(), planned.end(), [&](const Planned& each) {
            const std::string name = each.plan.source.qualified_name();
            return name == wanted || glob_matches(wanted, name);
        });
        if (known) continue;
        return Error{ErrorKind::Configuration, fmt::format("{}: this pipeline has no such table", wanted),
                     "`walferry status CONFIG` lists them", ""};
    }
    return success();
}

Result<std::vector<Verifier::Planned>> Verifier::plan() {
    std::vector<Planned> planned;
    WALFERRY_TRY(publication, catalog_->publication(parts_.config.source.publication));
    WALFERRY_TRY(exists, has_control_schema(*session_, control()));
    if (!publication || !exists) {
        return Error{ErrorKind::Refused, "this pipeline has copied nothing yet",
                     "`walferry run CONFIG` begins it", ""};
    }
    WALFERRY_TRY(published, catalog_->published_tables(parts_.config.source.publication));
    WALFERRY_TRY(shapes, KnownShapes::streaming(parts_.config, control(), *session_, published));
    WALFERRY_TRY(planning, plan_tables(parts_.config, shapes, *session_, kind_));
    WALFERRY_TRY(states, TableStateStore(control()).read(*session_));
    for (PlannedTable& table : planning.tables) {
        std::string skipped;
        const auto state = std::find_if(states.begin(), states.end(), [&](const TableStateRow& row) {
            return row.relation_id == table.plan.source.id;
        });
        if (!table.target_exists || state == states.end()) {
            skipped = "it has no target yet";
        } else if (state->state != TableState::Streaming) {
            skipped = fmt::format("it is {}", to_string(state->state));
        }
        for (const Finding& finding : planning.findings) {
            if (finding.is_error && finding.subject == table.plan.source.qualified_name())
                skipped = finding.message;
        }
        planned.push_back({std::move(table.plan), std::move(skipped), {}});
    }
    WALFERRY_TRYV(refuse_unknown(planned));
    std::erase_if(planned,
                  [&](const Planned& each) { return !is_wanted(each.plan.source.qualified_name()); });
    if (options_.is_part()) {
        WALFERRY_TRYV(choose_part(planned));
    }
    return planned;
}

/// Every target of the one table, with the condition in its own names and types.
Status Verifier::choose_part(std::vector<Planned>& planned) {
    const auto wrong = [](std::string what, std::string way_out) {
        return Error{ErrorKind::Configuration, std::move(what), std::move(way_out), ""};
    };
    RowCondition condition;
    if (!options_.partition.empty()) {
        std::vector<RelationId> tables;
        for (const Planned& each : planned) tables.push_back(each.plan.source.id);
        WALFERRY_TRY(partition, find_partition(*query_, options_.partition, tables));
        WALFERRY_TRY(bounds, partition_condition(partition));
        condition = std::move(bounds);
        std::erase_if(planned, [&](const Planned& each) { return each.plan.source.id != partition.root; });
    }
    if (!options_.where.empty()) {
        const auto parsed = parse_condition(options_.where);
        if (!parsed) return parsed.error().in("where");
        const std::vector<ConditionTerm>& terms = parsed.value().terms;
        condition.terms.insert(condition.terms.end(), terms.begin(), terms.end());
    }
    for (Planned& each : planned) {
        const TablePlan& plan = each.plan;
        if (plan.source.id != planned.front().plan.source.id)
            return wrong("a condition is about one table", "name the table");
        if (!each.skipped.empty()) continue;
        if (options_.repair && !plan.has_key()) {
            return wrong(
                plan.source.qualified_name() + " has no key, so that none of its rows can be repaired",
                fmt::format("`walferry resync CONFIG {}` copies all of it", plan.source.qualified_name()));
        }
        auto bound = bind_condition(condition, plan, *query_);
        if (!bound) return bound.error().in(options_.where.empty() ? "partition" : "where");
        each.part = std::move(bound.value());
    }
    return success();
}

Status Verifier::check() {
    WALFERRY_TRYV(open());
    WALFERRY_TRYV(plan());
    return success();
}

Result<std::vector<TableVerification>> Verifier::run() {
    WALFERRY_TRYV(open());
    const std::stop_callback interrupt(stop_, [this] {
        query_->interrupt();
        session_->interrupt();
    });
    WALFERRY_TRY(planned, plan());
    std::vector<TableVerification> results;
    for (const Planned& each : planned) {
        auto result = verify(each);
        if (!result && is_limit(result.error())) break;
        if (!result && stop_.stop_requested()) return go_on()().error();
        if (!result) return result.error().in(each.plan.source.qualified_name());
        results.push_back(std::move(result.value()));
    }
    return results;
}

Result<TableVerification> Verifier::verify(const Planned& planned) {
    TableVerification result;
    result.table = planned.plan.source.qualified_name();
    result.target = to_string(planned.plan.target);
    result.skipped = planned.skipped;
    ComparisonPlan comparison;
    if (result.skipped.empty()) {
        comparison = plan_comparison(planned.plan);
        result.skipped = comparison.skipped;
    }
    if (!result.skipped.empty()) {
        listener_.note(
            fmt::format("{} → {} is not compared: {}", result.table, result.target, result.skipped));
        return result;
    }
    comparison.table->source_part = planned.part.source_sql;
    comparison.table->target_part = planned.part.target_sql;
    const auto start = std::chrono::steady_clock::now();
    say_left_out(*comparison.table);
    WALFERRY_TRYV(compare(*comparison.table, result));
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (result.undecided > 0) {
        listener_.note(fmt::format("{}: {} rows changed too often to tell whether they are equal",
                                   result.table, result.undecided));
    }
    return result;
}

void Verifier::say_left_out(const ComparedTable& table) const {
    if (!table.left_out.empty()) {
        listener_.note(fmt::format("{} → {}: not compared: {}", table.name(), to_string(table.plan.target),
                                   fmt::join(table.left_out, ", ")));
    }
    if (table.extra_allowed) {
        listener_.note(
            fmt::format("{} → {}: rows that the source has no more are no differences: deletes or "
                        "truncates are ignored there",
                        table.name(), to_string(table.plan.target)));
    }
}

Result<std::unique_ptr<RowSide>> Verifier::make_source(const ComparedTable& table) {
    WALFERRY_TRY(parts, source_side(*query_, table, options_.rows_per_second > 0));
    parts.scanned_rows = [this, name = table.name(), estimated = table.plan.source.estimated_rows,
                          all = std::uint64_t{0}](std::uint64_t rows) mutable {
        all += rows;
        listener_.progress(name, all, estimated);
        return pace_.after(rows);
    };
    return std::unique_ptr<RowSide>(std::make_unique<PostgresSide>(std::move(parts)));
}

std::unique_ptr<RowSide> Verifier::make_target(const ComparedTable& table) {
    if (kind_ == WarehouseKind::DuckDb) return std::make_unique<DuckDbSide>(*session_, table, go_on());
    PostgresSide::Parts parts = warehouse_side(table);
    parts.ask = [this](const std::string& sql) -> Result<TextRows> {
        // Several statements at once go another way than one with a result.
        if (!sql.starts_with("SELECT") && !sql.starts_with("FETCH")) {
            WALFERRY_TRYV(session_->execute(sql));
            return TextRows();
        }
        WALFERRY_TRY(result, session_->query(sql));
        return std::move(result.rows);
    };
    return std::make_unique<PostgresSide>(std::move(parts));
}

Status Verifier::compare(const ComparedTable& table, TableVerification& result) {
    WALFERRY_TRY(source, make_source(table));
    const std::unique_ptr<RowSide> target = make_target(table);
    const ControlSchema names = control();
    WALFERRY_TRY(letters, LetterIndex::load(*session_, names, table.name(), to_string(table.plan.target)));
    RowRepair repair({table, names, *query_, *fence_, parts_.writer, go_on()});
    DifferenceReport report(
        {table, options_, listener_, letters, options_.repair ? &repair : nullptr, found_, result});
    TextWish texts{options_.values ? shown_bytes_max : 0};
    if (table.key_count == 0) texts.bytes_max = TextWish::all;
    CandidateJudge judge({*source, *target, *query_, *fence_, table,
                          [&names](const std::string& text) { return names.read_lsn(text); }, go_on(),
                          texts});
    const auto catch_up = [&]() -> Status {
        WALFERRY_TRY(position, query_->insert_position());
        WALFERRY_TRY(current, fence_->pass(position));
        if (current || said_behind_) return success();
        said_behind_ = true;
        listener_.note(
            "no walferry runs, and the warehouse lacks what the source has committed since: that, too, is "
            "reported as differences; `walferry run CONFIG --until-caught-up` brings it");
        return success();
    };
    TableComparison comparison({*source, *target, catch_up, table.key_count != 0});
    const Status compared = comparison.run([&](std::vector<WantedRow> rows) -> Status {
        WALFERRY_TRYV(
            judge.judge(std::move(rows), [&](JudgedRow row) { return report.add(std::move(row)); }));
        return report.flush();
    });
    result.source_rows = comparison.source_rows();
    result.target_rows = comparison.target_rows();
    result.undecided = judge.undecided();
    return compared;
}

}  // namespace walferry
