#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "config/config.h"
#include "dlq/dead_letter_replay.h"
#include "warehouse/control_names.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// The warehouse of a pipeline for a command that asks no service.
class LoneWarehouse {
 public:
    /// Kind Connection where there is no DuckDB file yet.
    static Result<LoneWarehouse> open(const Config& config, bool read_only);

    /// Gives sessions while this lives.
    std::function<Result<std::unique_ptr<WarehouseSession>>()> reader() const;
    /// Writes through a session of its own while this lives; empty where it was opened to read.
    SingleWriter writer() const;
    /// The session that the writer uses; null where it was opened to read.
    WarehouseSession* writing() const { return writing_.get(); }
    /// Where it was opened to write.
    ControlSchema control() const;

 private:
    explicit LoneWarehouse(const Config& config) : config_(&config) {}

    const Config* config_;
    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<WarehouseSession> writing_;
};

/// A walferry that runs without answering here would write beside us: kind Refused, and `command` is what to
/// do again then. A source out of reach says nothing, and then the epoch alone has to keep the two apart.
Status refuse_beside_another(const Config& config, std::string_view command);

}  // namespace walferry
