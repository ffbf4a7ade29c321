#pragma once

#include <memory>
#include <string>

#include "model/error.h"
#include "warehouse/warehouse.h"

namespace walferry {

struct DuckDbWarehouseOptions {
    std::string path;
    std::string memory_limit = "512MiB";
    int threads = 2;
    bool read_only = false;  ///< for queries of users: also no external access, configuration locked
};

/// DuckDB, embedded, through its C API. Opens the file (created when absent unless read_only), once for all
/// sessions. A file that another process holds gives kind Busy; a file that is no DuckDB database kind
/// Schema, an unwritable one kind Permission.
Result<std::unique_ptr<Warehouse>> open_duckdb_warehouse(const DuckDbWarehouseOptions& options);

}  // namespace walferry
