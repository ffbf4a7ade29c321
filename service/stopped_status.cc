#include "service/stopped_status.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>

#include "capture/source_catalog.h"
#include "checkpoint/checkpoint_store.h"
#include "checkpoint/table_state_store.h"
#include "kafka/topic_watch.h"
#include "pipeline/dead_letter_desk.h"
#include "pipeline/kafka/event_preflight.h"
#include "pipeline/pipeline.h"
#include "pipeline/session_setup.h"
#include "pipeline/table_matching.h"
#include "service/publish_status.h"

namespace walferry {
namespace {

void add_reason(StatusReport& report, const std::string& reason) {
    if (!report.reason.empty()) report.reason += "; ";
    report.reason += reason;
}

TableReport table_report(const TableStateRow& row, const TableStateRow::Target& target) {
    TableReport table;
    table.name = row.qualified_name();
    table.target = target.schema + "." + target.table;
    table.mode = target.mode;
    table.state = to_string(row.state);
    table.reason = row.reason;
    table.rows_copied = row.rows_copied;
    return table;
}

Status read_resyncs(WarehouseSession& session, const ControlSchema& control, StatusReport& report) {
    const ResyncStore store(control);
    WALFERRY_TRY(exists, store.exists(session));
    if (!exists) return success();
    WALFERRY_TRY(rows, store.read(session, true));
    for (ResyncRow& row : rows) report.resyncs.push_back({std::move(row), 0});
    return success();
}

Status read_warehouse(const Config& config, StatusReport& report) {
    std::error_code ignored;
    if (config.warehouse.duckdb && !std::filesystem::exists(config.warehouse.duckdb->path, ignored)) {
        add_reason(report,
                   fmt::format("nothing was set up yet: {} does not exist", config.warehouse.duckdb->path));
        return success();
    }
    WALFERRY_TRY(warehouse, open_warehouse(config, true));
    WALFERRY_TRY(session, warehouse->connect());
    const ControlSchema control = control_schema(config, warehouse->kind(), session->catalog());
    WALFERRY_TRY(exists, has_control_schema(*session, control));
    std::optional<Checkpoint> checkpoint;
    if (exists) {
        WALFERRY_TRY(found, CheckpointStore(control).read(*session));
        checkpoint = std::move(found);
        WALFERRY_TRY(rows, TableStateStore(control).read(*session));
        WALFERRY_TRY(open_letters, count_open_letters(*session, control));
        report.dead_letters = open_letters;
        WALFERRY_TRYV(read_resyncs(*session, control, report));
        if (config.kafka) {
            WALFERRY_TRY(applied, KafkaOffsetStore(control).read(*session));
            report.partitions = partition_reports(applied, {});
        }
        for (const TableStateRow& row : rows) {
            for (const TableStateRow::Target& target : row.targets)
                report.tables.push_back(table_report(row, target));
        }
    }
    report.from_kafka = config.kafka.has_value();
    if (checkpoint) {
        report.checkpoint = checkpoint->position;
    } else if (report.partitions.empty()) {
        add_reason(report, "nothing was set up yet: the warehouse has no checkpoint of this pipeline");
    }
    return success();
}

void complete_tables(const Config& config, const std::vector<CandidateTable>& candidates,
                     StatusReport& report) {
    for (const CandidateTable& candidate : match_tables(config, candidates).excluded) {
        TableReport table;
        table.name = candidate.schema + "." + candidate.name;
        table.state = "excluded";
        table.reason = candidate.identity_problem;
        report.tables.push_back(std::move(table));
    }
}

Status read_topics(const Config& config, StatusReport& report) {
    constexpr std::chrono::milliseconds patience{3'000};
    WALFERRY_TRY(watch, TopicWatch::open(config.kafka->kafka, config.kafka->topics, patience));
    std::vector<KafkaPartition> partitions;
    for (const PartitionReport& each : report.partitions) partitions.push_back(each.of);
    WALFERRY_TRY(ranges, watch->ranges(partitions));
    for (PartitionReport& each : report.partitions) each.end = ranges.at(each.of).end;
    return success();
}

/// How far publishing is, Kafka would tell; what the slot has confirmed is never more.
Status read_publishing(const Config& config, StatusReport& report) {
    WALFERRY_TRY(catalog, connect_source_catalog(config.source.connection));
    WALFERRY_TRY(position, catalog->wal_position());
    WALFERRY_TRY(slot, catalog->slot(config.publish->slot));
    if (!slot) {
        add_reason(report, fmt::format("there is no slot {}", config.publish->slot));
        return success();
    }
    report.source = position;
    report.checkpoint = slot->confirmed_flush_lsn;
    report.retained_wal_bytes = slot->retained_wal_bytes;
    report.safe_wal_bytes = slot->safe_wal_bytes;
    return success();
}

Status read_source(const Config& config, StatusReport& report) {
    if (config.kafka) return read_topics(config, report);
    if (!has_warehouse(config)) return read_publishing(config, report);
    WALFERRY_TRY(catalog, connect_source_catalog(config.source.connection));
    WALFERRY_TRY(position, catalog->wal_position());
    report.source = position;
    WALFERRY_TRY(slot, catalog->slot(config.source.slot));
    if (slot) {
        report.retained_wal_bytes = slot->retained_wal_bytes;
        report.safe_wal_bytes = slot->safe_wal_bytes;
        if (slot->wal_status == "lost") add_reason(report, fmt::format("the slot {} is lost", slot->name));
        if (slot->active) {
            add_reason(report,
                       fmt::format("the slot {} is in use by process {} at the source: a walferry runs that "
                                   "does not answer on {}",
                                   slot->name, slot->active_pid, config.http.listen));
        }
    } else if (report.checkpoint) {
        add_reason(report, fmt::format("the slot {} is gone", config.source.slot));
    }
    WALFERRY_TRY(candidates, catalog->candidates());
    complete_tables(config, candidates, report);
    return success();
}

}  // namespace

Result<StatusReport> read_stopped_status(const Config& config) {
    StatusReport report;
    report.pipeline = config.pipeline;
    report.state = "stopped";
    if (has_warehouse(config)) {
        WALFERRY_TRYV(read_warehouse(config, report));
    }
    const Status source = read_source(config, report);
    if (!source) add_reason(report, "source: " + describe(source.error()));
    if (report.checkpoint && report.source > report.checkpoint) {
        report.lag_bytes = static_cast<std::int64_t>(report.source.value - report.checkpoint.value);
    }
    // How old the oldest commit in between is, only the stream would tell.
    if (report.lag_bytes > 0 || !report.checkpoint || !report.source) {
        report.lag_seconds = std::numeric_limits<double>::quiet_NaN();
    }
    return report;
}

}  // namespace walferry
