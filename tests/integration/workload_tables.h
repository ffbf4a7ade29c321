#pragma once

#include <random>
#include <string>

namespace walferry::testing {

using Random = std::mt19937_64;

/// Between 0 and `bound` - 1. Not std::uniform_int_distribution, whose results differ between libraries.
inline std::uint64_t below(Random& random, std::uint64_t bound) {
    return random() % bound;
}

/// The tables of the workload: every kind of key and identity, out-of-line values, partitions, odd types, odd
/// names.
std::string workload_tables_sql();

/// A row of literals for public.exotic without its key, drawn from the borders of each type.
std::string exotic_values(Random& random);
/// `column = literal` for one of the columns of public.exotic.
std::string exotic_assignment(Random& random);

}  // namespace walferry::testing
