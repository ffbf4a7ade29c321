#pragma once

#include <span>
#include <string>

#include "warehouse/row_hash/value_form.h"

namespace walferry {

/// SQL for PostgreSQL 13 and up that hashes a column: int8, never NULL. `value` is one of ComparedColumn's,
/// `column` the column's quoted name. The session has walferry's settings (datestyle, timezone and so on).
std::string hash_sql(const HashedColumn& hashed, const std::string& value, const std::string& column);

/// A 64-bit pattern as an int8 literal.
std::string int8_literal(std::uint64_t bits);

/// Fails unless the server hashes as postgres_hash.h does; gives the query, and what it must answer.
struct HashProbe {
    std::string sql;
    std::string answer;
};
HashProbe hash_probe();

}  // namespace walferry
