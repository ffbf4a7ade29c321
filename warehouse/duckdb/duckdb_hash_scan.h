#pragma once

#include <duckdb.h>

#include <span>
#include <string>

#include "warehouse/row_hash/hashed_rows.h"
#include "warehouse/row_hash/value_form.h"

namespace walferry {

/// See WarehouseSession::scan_hashed. The result is streamed: memory does not grow with it.
Status scan_hashes(duckdb_connection connection, const std::string& sql,
                   std::span<const HashedColumn> columns, std::size_t key_count, const TakeHashedRows& take);

}  // namespace walferry
