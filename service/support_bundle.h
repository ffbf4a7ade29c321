#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "service/tar_gz.h"

namespace walferry {

/// What helps others to see what is wrong with a pipeline: versions, status, configuration, findings of
/// `check`, counts of the control tables, metrics, facts about the machine. No secrets (redaction.h) and no
/// rows: of tables, names and counts alone. What can't be had says why in its place.
std::vector<TarFile> collect_support_bundle(const Config& config);

}  // namespace walferry
