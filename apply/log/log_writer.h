#pragma once

#include "apply/log/log_changes.h"
#include "apply/staging_table.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Adds a batch's events to a change log, inside the session's open transaction: straight into it, but for
/// events with values that only the log itself has. Used by the applier's thread.
class LogWriter {
 public:
    LogWriter(WarehouseSession& session, Staging& staging) : session_(session), staging_(staging) {}

    Status write(const LogChanges& changes);

 private:
    Status load(const LogChanges& changes);
    Status load_staged(const LogChanges& changes);

    WarehouseSession& session_;
    Staging& staging_;
};

}  // namespace walferry
