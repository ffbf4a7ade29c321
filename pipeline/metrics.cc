#include "pipeline/metrics.h"

#include "apply/load_row.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "apply/row_encoder.h"

namespace walferry {

namespace {

using Labels = std::map<std::string, std::string>;

const prometheus::Histogram::BucketBoundaries seconds_buckets{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
const prometheus::Histogram::BucketBoundaries rows_buckets{1,      10,      100,     1'000,    10'000,
                                                           50'000, 100'000, 500'000, 1'000'000};

constexpr const char* pipeline_states[] = {"starting", "copying", "streaming",
                                           "retrying", "stopped", "failed"};
constexpr const char* table_states[] = {"copying", "catching_up", "streaming", "failed", "excluded"};

}  // namespace

struct Metrics::Families {
    explicit Families(prometheus::Registry& registry, const std::string& pipeline)
        : common{{"pipeline", pipeline}},
          build_info(gauge(registry, "walferry_build_info", "Version of walferry")),
          state(gauge(registry, "walferry_state", "1 for the state the pipeline is in")),
          lag_bytes(gauge(registry, "walferry_source_lag_bytes",
                          "WAL between the checkpoint and the source's end")),
          lag_seconds(gauge(registry, "walferry_source_lag_seconds",
                            "Age of the oldest received commit that is not durable")),
          checkpoint_lsn(gauge(registry, "walferry_checkpoint_lsn", "Checkpoint as a byte position")),
          source_lsn(gauge(registry, "walferry_source_lsn", "End of the source's WAL as a byte position")),
          retained(gauge(registry, "walferry_slot_retained_wal_bytes", "WAL that the slot holds back")),
          safe(gauge(registry, "walferry_slot_safe_wal_bytes",
                     "WAL that may be written before the slot is lost")),
          events(counter(registry, "walferry_events_total", "Events applied, after the warehouse's commit")),
          transactions(counter(registry, "walferry_transactions_total", "Source transactions applied")),
          batch_rows(histogram(registry, "walferry_batch_rows", "Net rows a batch")),
          apply_seconds(
              histogram(registry, "walferry_batch_apply_seconds", "Time to apply and commit a batch")),
          visible_seconds(
              histogram(registry, "walferry_commit_to_visible_seconds",
                        "From the source's commit to the warehouse's, oldest transaction of a batch")),
          step_seconds(
              counter(registry, "walferry_apply_step_seconds_total", "Time spent in each step of applying")),
          retries(counter(registry, "walferry_retries_total", "Attempts after a failure that can heal")),
          queue_bytes(gauge(registry, "walferry_queue_bytes", "Bytes of the batch being built")),
          table_state(gauge(registry, "walferry_table_state", "1 for the state the table is in")),
          copy_rows(counter(registry, "walferry_copy_rows_total", "Rows copied")),
          freshness(gauge(registry, "walferry_table_freshness_seconds",
                          "Since the last applied commit that touched the table")),
          freshness_limit(gauge(registry, "walferry_table_freshness_limit_seconds",
                                "What the table's contract promises of its freshness")),
          dead_letters(counter(registry, "walferry_dead_letters_total",
                               "Events that became dead letters, after the warehouse's commit")),
          violations(counter(registry, "walferry_contract_violations_total",
                             "Rows that broke a rule of their table's contract, by the rule")),
          dead_letters_pending(
              gauge(registry, "walferry_dead_letters_pending", "Dead letters that are open")),
          outbox_rows(gauge(registry, "walferry_outbox_pending", "Outbox rows that are not published yet")),
          kafka_lag(gauge(registry, "walferry_kafka_lag_records",
                          "Records of a partition that are not applied yet, of partitions that are ours")),
          mismatches(gauge(registry, "walferry_verify_mismatches",
                           "Rows that differed from the source when they were last compared")) {}

    static prometheus::Family<prometheus::Gauge>& gauge(prometheus::Registry& registry, const char* name,
                                                        const char* help) {
        return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    }
    static prometheus::Family<prometheus::Counter>& counter(prometheus::Registry& registry, const char* name,
                                                            const char* help) {
        return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    }
    static prometheus::Family<prometheus::Histogram>& histogram(prometheus::Registry& registry,
                                                                const char* name, const char* help) {
        return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
    }
    Labels with(std::initializer_list<std::pair<const std::string, std::string>> more) const {
        Labels labels = common;
        labels.insert(more.begin(), more.end());
        return labels;
    }

    Labels common;
    prometheus::Family<prometheus::Gauge>&build_info, &state, &lag_bytes, &lag_seconds, &checkpoint_lsn,
        &source_lsn, &retained, &safe;
    prometheus::Family<prometheus::Counter>&events, &transactions;
    prometheus::Family<prometheus::Histogram>&batch_rows, &apply_seconds, &visible_seconds;
    prometheus::Family<prometheus::Counter>&step_seconds, &retries;
    prometheus::Family<prometheus::Gauge>&queue_bytes, &table_state;
    prometheus::Family<prometheus::Counter>& copy_rows;
    prometheus::Family<prometheus::Gauge>&freshness, &freshness_limit;
    prometheus::Family<prometheus::Counter>&dead_letters, &violations;
    prometheus::Family<prometheus::Gauge>& dead_letters_pending;
    prometheus::Family<prometheus::Gauge>&outbox_rows, &kafka_lag, &mismatches;
    std::map<KafkaPartition, prometheus::Gauge*> kafka_partitions;  ///< those that are ours
    std::mutex mutex;
    std::map<std::string, std::uint64_t> copied;
};

Metrics::Metrics(const std::string& pipeline)
    : registry_(std::make_shared<prometheus::Registry>()),
      families_(std::make_unique<Families>(*registry_, pipeline)) {
    families_->build_info.Add(families_->with({{"version", WALFERRY_VERSION}})).Set(1);
    state("starting");
}

Metrics::~Metrics() = default;

void Metrics::committed(const CommittedBatch& batch) {
    Families& f = *families_;
    for (const auto& [table, counts] : batch.events) {
        const std::pair<const char*, std::uint64_t> by_op[] = {
            {"c", counts.inserts}, {"u", counts.updates}, {"d", counts.deletes}, {"t", counts.truncates}};
        for (const auto& [op, count] : by_op) {
            if (count > 0)
                f.events.Add(f.with({{"table", table}, {"op", op}})).Increment(static_cast<double>(count));
        }
    }
    for (const auto& [step, time] : batch.step_times) {
        f.step_seconds.Add(f.with({{"step", step}})).Increment(std::chrono::duration<double>(time).count());
    }
    for (const auto& [made, letters] : batch.dead_letters)
        dead_lettered(made.first, std::string(to_string(made.second)), letters);
    for (const auto& [what, count] : batch.violations) violated(what, count);
    if (batch.open_letters) dead_letters_pending(*batch.open_letters);
    if (batch.transactions == 0) return;
    f.transactions.Add(f.common).Increment(static_cast<double>(batch.transactions));
    f.batch_rows.Add(f.common, rows_buckets).Observe(static_cast<double>(batch.rows));
    f.apply_seconds.Add(f.common, seconds_buckets)
        .Observe(std::chrono::duration<double>(batch.apply_time).count());
    const double visible_after = static_cast<double>(pg_time_now() - batch.first_commit_time) / 1e6;
    f.visible_seconds.Add(f.common, seconds_buckets).Observe(std::max(0.0, visible_after));
}

void Metrics::retried(const std::string& component, ErrorKind reason) {
    families_->retries
        .Add(families_->with({{"component", component}, {"reason", std::string(to_string(reason))}}))
        .Increment();
}

void Metrics::state(const std::string& state) {
    for (const char* known : pipeline_states) {
        families_->state.Add(families_->with({{"state", known}})).Set(state == known ? 1 : 0);
    }
}

void Metrics::table_state(const std::string& table, const std::string& state) {
    for (const char* known : table_states) {
        families_->table_state.Add(families_->with({{"table", table}, {"state", known}}))
            .Set(state == known ? 1 : 0);
    }
}

void Metrics::copy_committed(const std::string& table, std::uint64_t rows) {
    families_->events.Add(families_->with({{"table", table}, {"op", "r"}}))
        .Increment(static_cast<double>(rows));
}

/// `rows` is the copy's running total; a copy that begins anew counts from 0 again.
void Metrics::copy_progress(const std::string& table, std::uint64_t rows) {
    const std::lock_guard lock(families_->mutex);
    std::uint64_t& before = families_->copied[table];
    const std::uint64_t more = rows >= before ? rows - before : rows;
    before = rows;
    families_->copy_rows.Add(families_->with({{"table", table}})).Increment(static_cast<double>(more));
}

void Metrics::table_freshness(const std::string& table, double seconds) {
    families_->freshness.Add(families_->with({{"table", table}})).Set(seconds);
}

void Metrics::table_freshness_limit(const std::string& table, double seconds) {
    families_->freshness_limit.Add(families_->with({{"table", table}})).Set(seconds);
}

void Metrics::kafka_lag(const std::vector<PartitionReport>& partitions) {
    auto& known = families_->kafka_partitions;
    std::map<KafkaPartition, prometheus::Gauge*> now;
    for (const PartitionReport& each : partitions) {
        prometheus::Gauge& lag = families_->kafka_lag.Add(
            families_->with({{"topic", each.of.topic}, {"partition", std::to_string(each.of.partition)}}));
        lag.Set(static_cast<double>(each.lag()));
        now[each.of] = &lag;
    }
    for (const auto& [partition, lag] : known) {
        if (!now.contains(partition)) families_->kafka_lag.Remove(lag);
    }
    known = std::move(now);
}

void Metrics::positions(Lsn checkpoint, Lsn source, double lag_bytes, double lag_seconds) {
    families_->checkpoint_lsn.Add(families_->common).Set(static_cast<double>(checkpoint.value));
    families_->source_lsn.Add(families_->common).Set(static_cast<double>(source.value));
    families_->lag_bytes.Add(families_->common).Set(lag_bytes);
    families_->lag_seconds.Add(families_->common).Set(lag_seconds);
}

void Metrics::slot(double retained_wal_bytes, double safe_wal_bytes) {
    families_->retained.Add(families_->common).Set(retained_wal_bytes);
    if (safe_wal_bytes >= 0) families_->safe.Add(families_->common).Set(safe_wal_bytes);
}

void Metrics::queue(double bytes) {
    families_->queue_bytes.Add(families_->common).Set(bytes);
}

void Metrics::dead_lettered(const std::string& table, const std::string& stage, std::uint64_t letters) {
    families_->dead_letters.Add(families_->with({{"table", table}, {"stage", stage}}))
        .Increment(static_cast<double>(letters));
}

void Metrics::violated(const ViolationKey& what, std::uint64_t rows) {
    families_->violations
        .Add(families_->with({{"table", what.table}, {"column", what.column}, {"rule", what.rule}}))
        .Increment(static_cast<double>(rows));
}

void Metrics::dead_letters_pending(std::uint64_t letters) {
    families_->dead_letters_pending.Add(families_->common).Set(static_cast<double>(letters));
}

void Metrics::outbox_pending(std::uint64_t rows) {
    families_->outbox_rows.Add(families_->common).Set(static_cast<double>(rows));
}

void Metrics::verified(const std::string& table, const std::string& target, std::uint64_t rows) {
    families_->mismatches.Add(families_->with({{"table", table}, {"target", target}}))
        .Set(static_cast<double>(rows));
}

LiveCounts Metrics::live_counts() const {
    LiveCounts counts;
    for (const prometheus::MetricFamily& family : families_->events.Collect()) {
        for (const prometheus::ClientMetric& metric : family.metric) {
            std::string table, op;
            for (const auto& label : metric.label) {
                if (label.name == "table") table = label.value;
                if (label.name == "op") op = label.value;
            }
            LiveCounts::Events& events = counts.events[table];
            (op == "r" ? events.copied : events.streamed) += static_cast<std::uint64_t>(metric.counter.value);
        }
    }
    for (const prometheus::MetricFamily& family : families_->outbox_rows.Collect()) {
        for (const prometheus::ClientMetric& metric : family.metric)
            counts.outbox_pending = static_cast<std::uint64_t>(metric.gauge.value);
    }
    return counts;
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace walferry
