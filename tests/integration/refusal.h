#pragma once

#include <string>

#include "tests/integration/ferry.h"

namespace walferry::testing {

/// Makes `public.t` with a hundred rows.
inline constexpr const char* hundred_rows =
    "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT g, 'v' FROM generate_series(1, "
    "100) g";

/// Drops walferry's slot once the server has seen that nobody reads it any more.
inline constexpr const char* drop_free_slot =
    "DO $$ BEGIN WHILE EXISTS (SELECT 1 FROM pg_replication_slots WHERE slot_name = 'walferry_shop' AND "
    "active) LOOP PERFORM pg_sleep(0.05); END LOOP; END $$; SELECT pg_drop_replication_slot('walferry_shop')";

std::string slot_count(const PgCluster& cluster);

/// Checks that `run` says no within 5 s of start, names a way out, and has written nothing to the warehouse,
/// which holds `public.t`. Gives what it said. DuckDB: while nothing runs.
std::string check_refused(const Ferry& ferry);

/// Whether a message names a command that resolves what it tells.
bool names_a_command(const std::string& message);

/// Of a log: what a process said at last.
std::string last_line(const std::string& log);

}  // namespace walferry::testing
