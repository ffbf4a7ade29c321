#pragma once

#include <functional>
#include <memory>

#include "capture/source_catalog.h"
#include "capture/source_query.h"
#include "checkpoint/checkpoint_store.h"
#include "pipeline/reader_loop.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Makes the warehouse catch up with a position of the source before it is read.
class Fence {
 public:
    virtual ~Fence() = default;
    /// Waits until the warehouse has all that was committed before `position`. False: nobody moves it, and it
    /// may lack some of that.
    virtual Result<bool> pass(Lsn position) = 0;
};

/// Asked now and then by whoever waits or scans; its error ends the work.
using GoOn = std::function<Status()>;

/// Of the pipeline that runs in this process. `progress` is that of its session now, null while it has none.
std::unique_ptr<Fence> make_running_fence(std::function<std::shared_ptr<Progress>()> progress, GoOn go_on);

/// Of a pipeline that runs elsewhere and saves its position in a PostgreSQL warehouse, or of none. The parts
/// must outlive it.
struct DistantParts {
    SourceCatalog& catalog;
    SourceQuery& query;
    WarehouseSession& session;
    CheckpointStore checkpoints;
    std::string slot;
    std::string publication;
    GoOn go_on;
};
std::unique_ptr<Fence> make_distant_fence(DistantParts parts);

}  // namespace walferry
