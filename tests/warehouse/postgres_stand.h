#pragma once

#include <memory>

#include "tests/support/must.h"
#include "tests/support/pg_cluster.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry::testing {

/// One server for all cases of a program.
inline PgCluster& cluster() {
    static PgCluster instance;
    return instance;
}

inline std::unique_ptr<WarehouseSession> connect(bool read_only = false) {
    return must(
        make_postgres_warehouse({.connection = cluster().conninfo(), .read_only = read_only})->connect());
}

}  // namespace walferry::testing
