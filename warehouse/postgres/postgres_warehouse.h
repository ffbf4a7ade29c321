#pragma once

#include <memory>
#include <string>

#include "warehouse/warehouse.h"

namespace walferry {

struct PostgresWarehouseOptions {
    std::string connection;  ///< libpq connection string or URL
    bool read_only = false;  ///< every transaction READ ONLY, for queries of users
    std::string pipeline =
        {};  ///< marks the sessions of one pipeline by their application_name; empty: unmarked
    /// Log in as this one, without the connection string's password, which is somebody else's; empty: as it
    /// says.
    std::string user = {};
};

/// PostgreSQL as the warehouse: libpq, binary COPY. Opens no connection yet. Sessions run with
/// synchronous_commit on (the checkpoint must be durable when COMMIT returns), UTF8, timezone UTC, ISO dates,
/// no statement or idle-in-transaction timeout, and a lock_timeout of 60 s.
std::unique_ptr<Warehouse> make_postgres_warehouse(PostgresWarehouseOptions options);

}  // namespace walferry
