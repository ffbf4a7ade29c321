#include "pipeline/session_metrics.h"

#include <chrono>

#include "apply/load_row.h"

namespace walferry {

void report_session(const Config& config, const StatusBoard& board, const TableRegistry& registry,
                    const Progress& progress, Metrics& metrics) {
    const StatusReport report = board.report();
    metrics.state(report.state);
    metrics.positions(report.checkpoint, report.source, static_cast<double>(report.lag_bytes),
                      report.lag_seconds);
    metrics.dead_letters_pending(report.dead_letters);
    metrics.queue(static_cast<double>(progress.building_bytes));
    for (const auto& table : registry.all()) {
        const TableRule* rule = find_rule(config, table->source().schema, table->source().name);
        if (rule == nullptr || rule->contract.freshness.count() == 0) continue;
        metrics.table_freshness_limit(table->source().qualified_name(),
                                      std::chrono::duration<double>(rule->contract.freshness).count());
    }
    for (const TableReport& table : report.tables) {
        metrics.table_state(table.name, table.state);
        metrics.copy_progress(table.name, table.rows_copied);
        if (table.last_commit_time == 0) continue;
        metrics.table_freshness(table.name,
                                static_cast<double>(pg_time_now() - table.last_commit_time) / 1e6);
    }
}

}  // namespace walferry
