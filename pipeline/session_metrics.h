#pragma once

#include "apply/table_registry.h"
#include "config/config.h"
#include "pipeline/metrics.h"
#include "pipeline/pipeline_status.h"
#include "pipeline/reader_loop.h"

namespace walferry {

/// Sets the metrics that say where a session stands.
void report_session(const Config& config, const StatusBoard& board, const TableRegistry& registry,
                    const Progress& progress, Metrics& metrics);

}  // namespace walferry
