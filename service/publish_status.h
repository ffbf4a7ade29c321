#pragma once

#include <string>

#include "config/config.h"
#include "pipeline/pipeline_status.h"
#include "pipeline/publish/publish_status.h"

namespace walferry {

/// Where a pipeline stands that publishes: what its warehouse's part says, with what publishing says; of one
/// without a warehouse that alone.
StatusReport with_publishing(StatusReport report, const Config& config,
                             const publish::PublishReport& published);

/// The metrics of publishing in the text exposition format.
std::string publish_metrics(const std::string& pipeline, const publish::PublishReport& published);

/// Whether there is a warehouse, or changes are only published.
bool has_warehouse(const Config& config);

}  // namespace walferry
