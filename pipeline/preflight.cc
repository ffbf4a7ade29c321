#include "pipeline/preflight.h"

#include <fmt/format.h>

#include <algorithm>

#include "checkpoint/table_state_store.h"
#include "model/quote.h"
#include "pipeline/kafka/event_preflight.h"
#include "pipeline/pipeline.h"
#include "pipeline/preflight_warehouse.h"
#include "pipeline/schema/known_shapes.h"
#include "pipeline/session_setup.h"
#include "pipeline/start_rules.h"
#include "pipeline/table_matching.h"
#include "pipeline/table_planning.h"

namespace walferry {
namespace {

/// Whether a side could not be looked at, rather than that something about it is wrong.
bool is_failure(const Error& error) {
    switch (error.kind) {
        case ErrorKind::Connection:
        case ErrorKind::Busy:
        case ErrorKind::Resource:
        case ErrorKind::Serialization:
        case ErrorKind::Cancelled:
        case ErrorKind::Configuration:
            return true;
        case ErrorKind::Permission:
            return error.sqlstate.empty() || error.sqlstate.starts_with("28");
        default:
            return false;
    }
}

/// What `check` works through. Each look_at… adds findings and leaves what later ones need.
class Preflight {
 public:
    Preflight(const Config& config, const PreflightOptions& options) : config_(config), options_(options) {}

    PreflightReport run() {
        if (config_.kafka) {
            note("source", look_at_topics());
            note("warehouse", look_at_warehouse());
            if (session_ != nullptr) note("tables", look_at_event_tables());
            return std::move(report_);
        }
        note("source", look_at_source());
        if (config_.publish) note("kafka", look_at_brokers());
        if (!config_.warehouse.duckdb && !config_.warehouse.postgres) return std::move(report_);
        note("warehouse", look_at_warehouse());
        if (catalog_ != nullptr && session_ != nullptr) {
            note("start", look_at_start());
            note("tables", look_at_targets());
        }
        return std::move(report_);
    }

 private:
    void add(PreflightLevel level, std::string subject, std::string message, std::string fix = "") {
        report_.findings.push_back({level, std::move(subject), std::move(message), std::move(fix)});
    }
    void add(const std::vector<PreflightFinding>& findings) {
        report_.findings.insert(report_.findings.end(), findings.begin(), findings.end());
    }
    void add(const std::vector<Finding>& findings) {
        for (const Finding& finding : findings) {
            add(finding.is_error ? PreflightLevel::Error : PreflightLevel::Warning, finding.subject,
                finding.message, finding.fix);
        }
    }
    void note(const std::string& subject, const Status& outcome) {
        if (outcome) return;
        const Error& error = outcome.error();
        if (!is_failure(error)) {
            add(PreflightLevel::Error, subject, error.message, error.way_out);
        } else if (!report_.failure) {
            report_.failure = error.in(subject);
        }
    }

    Status look_at_brokers();
    Status look_at_topics();
    Status look_at_event_tables();
    Status look_at_source();
    Status look_at_publication(const std::vector<CandidateTable>& candidates);
    void look_at_members(const PublicationStatus& publication, const std::vector<CandidateTable>& candidates);
    void look_at_privileges(const std::vector<CandidateTable>& missing);
    void look_at_missing(const std::vector<CandidateTable>& missing);
    void look_at_actions(const PublicationStatus& publication);
    Status look_at_warehouse();
    Status look_at_start();
    Status look_at_targets();
    Status look_at_foreign_rows(const std::vector<PlannedTable>& tables);

    const Config& config_;
    const PreflightOptions& options_;
    PreflightReport report_;
    std::unique_ptr<SourceCatalog> catalog_;
    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<WarehouseSession> session_;
    EventPreflight events_{config_};
    SourceSettings settings_;
    std::vector<CandidateTable> wanted_;
    std::vector<SourceTable> published_;
    bool fresh_ = false;             ///< `run` would begin with a first copy
    bool owns_publication_ = false;  ///< it is walferry's own, or will be: missing tables are added to it
};

/// Where changes are published to.
Status Preflight::look_at_brokers() {
    constexpr std::chrono::milliseconds patience{5'000};
    WALFERRY_TRY(watch,
                 TopicWatch::open(config_.publish->kafka, {config_.publish->topic_prefix + ".*"}, patience));
    WALFERRY_TRY(partitions, watch->partitions());
    add(PreflightLevel::Ok, "kafka",
        fmt::format("Kafka at {} answers; topics of {}.* have {} partitions so far",
                    config_.publish->kafka.brokers, config_.publish->topic_prefix, partitions.size()));
    return success();
}

Status Preflight::look_at_topics() {
    WALFERRY_TRY(findings, events_.look_at_topics());
    add(findings);
    return success();
}

Status Preflight::look_at_event_tables() {
    const ControlSchema control = control_schema(config_, warehouse_->kind(), session_->catalog());
    WALFERRY_TRY(start, events_.look_at_start(*session_, KafkaOffsetStore(control)));
    add(start);
    WALFERRY_TRY(planning, events_.plan(*session_, warehouse_->kind()));
    add(planning.findings);
    WALFERRY_TRY(denied, schema_findings(*session_, warehouse_->kind(), planning.tables));
    add(denied);
    return success();
}

Status Preflight::look_at_source() {
    WALFERRY_TRY(catalog, connect_source_catalog(config_.source.connection));
    WALFERRY_TRY(identity, catalog->identity());
    catalog_ = std::move(catalog);
    add(PreflightLevel::Ok, "source",
        fmt::format("PostgreSQL {}.{}, database {}", identity.server_version / 10'000,
                    identity.server_version % 10'000, identity.database));
    add(version_findings(identity.server_version));
    WALFERRY_TRY(settings, catalog_->settings());
    settings_ = settings;
    WALFERRY_TRY(slot, catalog_->slot(config_.source.slot));
    add(settings_findings(settings, slot.has_value()));
    if (slot && slot->active) {
        add(PreflightLevel::Ok, "slot",
            fmt::format("{} is in use by process {}: a walferry runs", slot->name, slot->active_pid));
    }
    WALFERRY_TRY(candidates, catalog_->candidates());
    MatchedTables matched = match_tables(config_, candidates);
    add(matched.findings);
    if (!matched.wanted.empty()) {
        add(PreflightLevel::Ok, "tables",
            fmt::format("{} of the tables match a rule and can be followed", matched.wanted.size()));
    }
    wanted_ = std::move(matched.wanted);
    return look_at_publication(candidates);
}

Status Preflight::look_at_publication(const std::vector<CandidateTable>& candidates) {
    const std::string& name = config_.source.publication;
    WALFERRY_TRY(publication, catalog_->publication(name));
    owns_publication_ = !publication;
    if (!publication) {
        if (settings_.can_create_publication) {
            add(PreflightLevel::Ok, "publication", fmt::format("{} will be created", name));
        } else {
            add(PreflightLevel::Error, "publication",
                fmt::format("{} does not exist, and the role has no CREATE on the database to make it", name),
                fmt::format("GRANT CREATE ON DATABASE … TO the role, or as the tables' owner: CREATE "
                            "PUBLICATION {} FOR TABLE … "
                            "WITH (publish_via_partition_root = true)",
                            quote_identifier(name)));
        }
        return success();
    }
    WALFERRY_TRY(published, catalog_->published_tables(name));
    published_ = std::move(published);
    add(PreflightLevel::Ok, "publication", fmt::format("{} publishes {} tables", name, published_.size()));
    look_at_actions(*publication);
    look_at_members(*publication, candidates);
    WALFERRY_TRY(unreadable, catalog_->unreadable_tables(name));
    for (const std::string& table : unreadable) {
        add(PreflightLevel::Error, table, "the role has no SELECT on it, which the first copy needs",
            fmt::format("GRANT SELECT ON {} TO the role", table));
    }
    return success();
}

void Preflight::look_at_actions(const PublicationStatus& publication) {
    std::string missing;
    const auto require = [&](bool published, std::string_view action) {
        if (!published) missing += fmt::format("{}{}", missing.empty() ? "" : ", ", action);
    };
    require(publication.inserts, "insert");
    require(publication.updates, "update");
    require(publication.deletes, "delete");
    require(publication.truncates, "truncate");
    if (missing.empty()) return;
    add(PreflightLevel::Warning, "publication",
        fmt::format("{} does not publish {}: targets will differ from the source", config_.source.publication,
                    missing),
        fmt::format("ALTER PUBLICATION {} SET (publish = 'insert, update, delete, truncate')",
                    quote_identifier(config_.source.publication)));
}

void Preflight::look_at_members(const PublicationStatus& publication,
                                const std::vector<CandidateTable>& candidates) {
    const std::string quoted = quote_identifier(config_.source.publication);
    for (const SourceTable& table : published_) {
        if (find_rule(config_, table.schema, table.name) == nullptr) continue;
        const std::string name = table.qualified_name();
        const bool candidate = std::any_of(candidates.begin(), candidates.end(),
                                           [&](const CandidateTable& other) { return other.id == table.id; });
        if (!publication.via_root && !candidate) {
            add(PreflightLevel::Error, name,
                fmt::format("the publication {} sends partitions one by one", quoted),
                fmt::format("ALTER PUBLICATION {} SET (publish_via_partition_root = true)", quoted));
        }
        if (table.kind == 'p') {
            add(PreflightLevel::Warning, name,
                "a TRUNCATE of a single partition is not published by PostgreSQL",
                "truncate the whole table, or DELETE");
        }
        if (!has_usable_identity(table) && (publication.updates || publication.deletes)) {
            add(PreflightLevel::Warning, name,
                "is published without usable replica identity: the source's own UPDATEs and DELETEs of it "
                "fail",
                fmt::format(
                    "give it a primary key or REPLICA IDENTITY FULL, or ALTER PUBLICATION {} DROP TABLE it",
                    quoted));
        }
    }
}

void Preflight::look_at_missing(const std::vector<CandidateTable>& missing) {
    const std::string quoted = quote_identifier(config_.source.publication);
    for (const CandidateTable& table : missing) {
        add(PreflightLevel::Warning, table.schema + "." + table.name,
            fmt::format("matches a rule but is not in the publication {}; walferry adds it only where it "
                        "made the publication",
                        quoted),
            fmt::format("ALTER PUBLICATION {} ADD TABLE {}.{}", quoted, quote_identifier(table.schema),
                        quote_identifier(table.name)));
    }
}

/// Of tables that walferry would publish and copy.
void Preflight::look_at_privileges(const std::vector<CandidateTable>& missing) {
    for (const CandidateTable& table : missing) {
        const std::string name = table.schema + "." + table.name;
        const std::string quoted = quote_identifier(table.schema) + "." + quote_identifier(table.name);
        if (!table.owned) {
            add(PreflightLevel::Error, name,
                "only its owner can put it into a publication, and the role is not",
                fmt::format(
                    "GRANT its owner TO the role, or as its owner: CREATE PUBLICATION {} FOR TABLE {} WITH "
                    "(publish_via_partition_root = true)",
                    quote_identifier(config_.source.publication), quoted));
        }
        if (!table.readable && config_.source.snapshot_initial) {
            add(PreflightLevel::Error, name,
                "the role can't read all of it (SELECT, USAGE on its schema, row security), as the first "
                "copy must",
                fmt::format("GRANT SELECT ON {} TO the role", quoted));
        }
    }
}

Status Preflight::look_at_warehouse() {
    if (config_.warehouse.duckdb && options_.service_runs) {
        add(PreflightLevel::Ok, "warehouse",
            "the running service holds the DuckDB file, so that targets and checkpoint were not looked at");
        return success();
    }
    WALFERRY_TRY(opened, open_for_preflight(config_));
    add(opened.findings);
    warehouse_ = std::move(opened.warehouse);
    session_ = std::move(opened.session);
    return success();
}

Status Preflight::look_at_start() {
    const CheckpointStore checkpoints(control_schema(config_, warehouse_->kind(), session_->catalog()));
    WALFERRY_TRY(facts, read_start_facts(config_, *catalog_, *session_, checkpoints));
    if (facts.checkpoint) owns_publication_ = facts.checkpoint->made_publication;
    WALFERRY_TRY(kind, judge_start(facts, config_.pipeline, config_.source.slot));
    fresh_ = kind != StartKind::Continue;
    if (!fresh_) {
        add(PreflightLevel::Ok, "start",
            fmt::format("`run` goes on from {}", to_string(facts.checkpoint->position)));
    } else {
        add(PreflightLevel::Ok, "start",
            fmt::format("`run` makes the slot {} and begins with a first copy", config_.source.slot));
    }
    return success();
}

Status Preflight::look_at_targets() {
    std::vector<SourceTable> tables = published_;
    const std::vector<CandidateTable> missing = unpublished(wanted_, published_);
    if (owns_publication_) {
        look_at_privileges(missing);
        WALFERRY_TRY(described, catalog_->describe_candidates(missing));
        tables.insert(tables.end(), described.begin(), described.end());
    } else {
        look_at_missing(missing);
    }
    // What streams goes by the last shape that was applied, not by what the catalog says now.
    const ControlSchema control = control_schema(config_, warehouse_->kind(), session_->catalog());
    WALFERRY_TRY(shapes, KnownShapes::streaming(config_, control, *session_, tables));
    WALFERRY_TRY(planning, plan_tables(config_, shapes, *session_, warehouse_->kind()));
    add(planning.findings);
    WALFERRY_TRY(denied, schema_findings(*session_, warehouse_->kind(), planning.tables));
    add(denied);
    return look_at_foreign_rows(planning.tables);
}

Status Preflight::look_at_foreign_rows(const std::vector<PlannedTable>& tables) {
    if (!fresh_ || !config_.source.snapshot_initial) return success();
    const TableStateStore states(control_schema(config_, warehouse_->kind(), session_->catalog()));
    for (const PlannedTable& table : tables) {
        const Status refused = refuse_foreign_rows(*session_, table, states);
        if (!refused) note(table.plan.source.qualified_name(), refused);
    }
    return success();
}

}  // namespace

std::string_view to_string(PreflightLevel level) {
    switch (level) {
        case PreflightLevel::Ok:
            return "ok";
        case PreflightLevel::Warning:
            return "warning";
        case PreflightLevel::Error:
            return "error";
    }
    return "error";
}

bool PreflightReport::has_errors() const {
    return std::any_of(findings.begin(), findings.end(), [](const PreflightFinding& finding) {
        return finding.level == PreflightLevel::Error;
    });
}

PreflightReport run_preflight(const Config& config, const PreflightOptions& options) {
    return Preflight(config, options).run();
}

}  // namespace walferry
