#include <fmt/format.h>

#include "config/config.h"
#include "pipeline/preflight.h"
#include "service/commands/commands.h"
#include "service/findings_text.h"
#include "service/service_client.h"

namespace walferry {
ExitCode run_check(const CheckCommand& command) {
    const auto config = load_config(command.config);
    if (!config) {
        print_error(config.error(), command.config);
        return one_shot_exit_code(config.error());
    }
    if (command.contracts) return run_contract_check(config.value(), command);
    const bool service_runs = ServiceClient(config.value()).status().has_value();
    const PreflightReport report = run_preflight(config.value(), {.service_runs = service_runs});
    fmt::print("{}", findings_text(report, command.config));
    if (report.failure) {
        print_error(*report.failure, command.config);
        return one_shot_exit_code(*report.failure);
    }
    return report.has_errors() ? ExitCode::No : ExitCode::Done;
}

}  // namespace walferry
