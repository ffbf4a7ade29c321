#include <fmt/format.h>

#include "config/config.h"
#include "pipeline/preflight.h"
#include "service/commands/commands.h"
#include "service/commands/kafka_commands.h"
#include "service/findings_text.h"
#include "service/publish_status.h"
#include "service/service_client.h"

namespace walferry {
ExitCode run_check(const CheckCommand& command) {
    const auto config = refuse_unfinished(load_config(command.config));
    if (!config) return fail_with(config.error(), command.config);
    if (command.contracts) return run_contract_check(config.value(), command);
    const bool service_runs = ServiceClient(config.value()).status().has_value();
    Config looked_at = config.value();
    if (looked_at.publish && !has_warehouse(looked_at)) {
        looked_at.source.slot = looked_at.publish->slot;
        looked_at.source.publication = looked_at.publish->publication;
        looked_at.source.snapshot_initial = looked_at.publish->snapshot_initial;
    }
    const PreflightReport report = run_preflight(looked_at, {.service_runs = service_runs});
    fmt::print("{}", findings_text(report, command.config));
    if (report.failure) return fail_with(*report.failure, command.config);
    return report.has_errors() ? ExitCode::No : ExitCode::Done;
}

}  // namespace walferry
