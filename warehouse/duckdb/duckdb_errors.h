#pragma once

#include <duckdb.h>

#include <string>

#include "model/error.h"

namespace walferry {

/// DuckDB's error as one of ours. Where the API gives no type (DUCKDB_ERROR_INVALID), the name at the
/// beginning of the message stands for it. After an error that invalidates the whole database ("FATAL Error")
/// the kind is Connection: nothing but opening the file anew helps.
Error duckdb_error(duckdb_error_type type, const char* message);

}  // namespace walferry
