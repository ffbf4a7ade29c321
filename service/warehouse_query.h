#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "service/exit_code.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// What a query gave, or what to say and how to end.
struct QueryOutcome {
    struct Failure {
        Error error;
        ExitCode exit = ExitCode::No;
    };
    QueryResult result;
    std::optional<Failure> failure;
};

/// A read-only query of a configuration's warehouse by a one-shot command: through the running service where
/// that holds a DuckDB file, with its limits (at most 100,000 rows, no files), else straight.
QueryOutcome query_warehouse(const Config& config, const std::string& query);

}  // namespace walferry
