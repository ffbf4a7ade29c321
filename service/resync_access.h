#pragma once

#include <nlohmann/json.hpp>

#include "config/config.h"
#include "pipeline/resync/resync_desk.h"

namespace walferry {

/// The resyncs of a configuration for a one-shot command: through the running service where one answers, else
/// straight in the warehouse. All give an array of `resync_json`.
class ResyncAccess {
 public:
    /// Looks whether a service answers.
    explicit ResyncAccess(const Config& config);
    /// Through the service, whether it answers now or not.
    static ResyncAccess through_service(const Config& config) { return ResyncAccess(config, true); }

    /// Whether it goes through a running service.
    bool is_remote() const { return is_remote_; }
    /// Looks again.
    bool service_answers() const;

    /// Kind Data: a table that the pipeline doesn't have; kind Refused: one that can't be made equal now.
    Result<nlohmann::ordered_json> request(const ResyncDesk::Request& request) const;
    /// Of many ids not all may be told of, but the first of them.
    Result<nlohmann::ordered_json> list(const ResyncDesk::Filter& filter) const;
    Result<nlohmann::ordered_json> cancel(const std::vector<std::int64_t>& ids) const;

    /// Without a service: whether this command may write and carry out what it asks for itself. Kind Refused,
    /// where a person has to do something before.
    Status may_write() const;

 private:
    ResyncAccess(const Config& config, bool is_remote) : config_(config), is_remote_(is_remote) {}

    const Config& config_;
    bool is_remote_ = false;
};

}  // namespace walferry
