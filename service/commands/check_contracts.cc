#include <fmt/format.h>

#include "pipeline/contract_check.h"
#include "service/commands/commands.h"
#include "service/contract_report_text.h"

namespace walferry {

ExitCode run_contract_check(const Config& config, const CheckCommand& command) {
    const auto report = check_contracts(config);
    if (!report) return fail_with(report.error(), command.config);
    if (report.value().tables.empty())
        fmt::print(stderr, "walferry: no table of the source matches a rule with a contract\n");
    if (command.json) {
        fmt::print("{}\n", contract_report_json(report.value()));
    } else {
        fmt::print("{}", contract_report_text(report.value()));
    }
    return report.value().has_violations() ? ExitCode::No : ExitCode::Done;
}

}  // namespace walferry
