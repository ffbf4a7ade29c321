#include "service/findings_text.h"

#include <fmt/format.h>

#include "service/exit_code.h"

namespace walferry {

std::string findings_text(const PreflightReport& report, const std::string& config_path) {
    std::string text;
    for (const PreflightFinding& finding : report.findings) {
        text += fmt::format("{} {}: {}\n", to_string(finding.level), finding.subject, finding.message);
        if (!finding.fix.empty())
            text += fmt::format("  fix: {}\n", with_config_path(finding.fix, config_path));
    }
    return text;
}

}  // namespace walferry
