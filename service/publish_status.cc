#include "service/publish_status.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace walferry {

namespace {

using publish::EventCounts;
using publish::PublishReport;

std::uint64_t events_of(const EventCounts& counts) {
    return counts.reads + counts.creates + counts.updates + counts.deletes + counts.truncates;
}

PublishSummary summary_of(const PublishReport& published) {
    PublishSummary summary;
    summary.state = published.state == "snapshot" ? "copying" : published.state;
    summary.reason = published.reason;
    summary.checkpoint = published.checkpoint;
    summary.source = std::max(published.source, published.checkpoint);
    summary.lag_bytes = published.lag_bytes;
    summary.lag_seconds = published.lag_seconds;
    summary.retained_wal_bytes = published.retained_wal_bytes;
    for (const auto& [table, counts] : published.tables) {
        summary.events += events_of(counts);
        summary.dead_letters += counts.dead_letters;
    }
    return summary;
}

}  // namespace

bool has_warehouse(const Config& config) {
    return config.warehouse.duckdb || config.warehouse.postgres;
}

StatusReport with_publishing(StatusReport report, const Config& config, const PublishReport& published) {
    const PublishSummary summary = summary_of(published);
    if (has_warehouse(config)) {
        report.publish = summary;
        return report;
    }
    report.state = summary.state;
    report.reason = summary.reason;
    report.checkpoint = summary.checkpoint;
    report.source = summary.source;
    report.lag_bytes = summary.lag_bytes;
    report.lag_seconds = summary.lag_seconds;
    report.retained_wal_bytes = summary.retained_wal_bytes;
    report.source_age_seconds = 0;
    report.dead_letters = summary.dead_letters;
    for (const auto& [name, counts] : published.tables) {
        TableReport table;
        table.name = name;
        table.mode = "publish";
        table.state = "streaming";
        table.rows_copied = counts.reads;
        report.tables.push_back(std::move(table));
    }
    return report;
}

std::string publish_metrics(const std::string& pipeline, const PublishReport& published) {
    prometheus::Registry registry;
    const std::map<std::string, std::string> common{{"pipeline", pipeline}};
    const auto with = [&](std::map<std::string, std::string> labels) {
        labels.insert(common.begin(), common.end());
        return labels;
    };
    const auto gauge = [&](const char* name, const char* help, double value) {
        prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(common).Set(value);
    };
    gauge("walferry_publish_lag_bytes", "WAL of the source that is not in Kafka yet",
          static_cast<double>(published.lag_bytes));
    gauge("walferry_publish_lag_seconds", "Age of the oldest commit that is not in Kafka yet",
          published.lag_seconds);
    gauge("walferry_publish_retained_wal_bytes", "WAL that the slot of publishing holds back",
          static_cast<double>(published.retained_wal_bytes));
    gauge("walferry_publish_streaming", "1 while changes are published",
          published.state == "streaming" ? 1 : 0);
    prometheus::BuildCounter()
        .Name("walferry_publish_commits_total")
        .Help("Commits of Kafka")
        .Register(registry)
        .Add(common)
        .Increment(static_cast<double>(published.commits));
    auto& events = prometheus::BuildCounter()
                       .Name("walferry_publish_events_total")
                       .Help("Events in Kafka")
                       .Register(registry);
    auto& letters = prometheus::BuildCounter()
                        .Name("walferry_publish_dead_letters_total")
                        .Help("Rows that could not be written as events")
                        .Register(registry);
    auto& lost = prometheus::BuildCounter()
                     .Name("walferry_publish_lost_values_total")
                     .Help("Values that became null for want of something that carries them")
                     .Register(registry);
    for (const auto& [table, counts] : published.tables) {
        const std::pair<const char*, std::uint64_t> ops[] = {{"r", counts.reads},
                                                             {"c", counts.creates},
                                                             {"u", counts.updates},
                                                             {"d", counts.deletes},
                                                             {"t", counts.truncates}};
        for (const auto& [op, count] : ops) {
            if (count > 0)
                events.Add(with({{"table", table}, {"op", op}})).Increment(static_cast<double>(count));
        }
        letters.Add(with({{"table", table}})).Increment(static_cast<double>(counts.dead_letters));
        lost.Add(with({{"table", table}})).Increment(static_cast<double>(counts.lost_values));
    }
    auto& retries = prometheus::BuildCounter()
                        .Name("walferry_publish_retries_total")
                        .Help("Sessions that failed and were begun anew")
                        .Register(registry);
    for (const auto& [reason, count] : published.retries)
        retries.Add(with({{"reason", std::string(to_string(reason))}})).Increment(static_cast<double>(count));
    return prometheus::TextSerializer().Serialize(registry.Collect());
}

}  // namespace walferry
