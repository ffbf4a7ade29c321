#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/source_catalog.h"
#include "config/config.h"
#include "model/error.h"

namespace walferry {

enum class PreflightLevel { Ok, Warning, Error };
std::string_view to_string(PreflightLevel level);  ///< ok, warning, error

struct PreflightFinding {
    PreflightLevel level = PreflightLevel::Ok;
    std::string subject;  ///< source, publication, slot, warehouse, or schema.table
    std::string message;
    std::string fix;  ///< command or change that resolves it; CONFIG stands for the configuration's path
};

struct PreflightReport {
    std::vector<PreflightFinding> findings;
    /// A side that could not be looked at: out of reach, wrong password, no such database. The findings about
    /// the other side are there all the same.
    std::optional<Error> failure;

    bool has_errors() const;
};

struct PreflightOptions {
    /// A service of this pipeline runs: it holds a DuckDB file, which then is not looked at.
    bool service_runs = false;
};

/// Looks at everything that `run` needs, and changes nothing: not even a DuckDB file that is absent is
/// created.
PreflightReport run_preflight(const Config& config, const PreflightOptions& options);

/// What is known to be wrong with a source's version (server_version_num): bugs that lose changes or WAL and
/// were fixed in a later minor release of its branch. Pure.
std::vector<PreflightFinding> version_findings(int server_version);

/// What stands against making a slot, or will once one is made. Pure.
std::vector<PreflightFinding> settings_findings(const SourceSettings& settings, bool slot_exists);

}  // namespace walferry
