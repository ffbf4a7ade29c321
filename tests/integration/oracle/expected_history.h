#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "tests/integration/oracle/seam.h"

namespace walferry::testing {

constexpr Instant minus_infinity = std::numeric_limits<Instant>::min();

/// A row of a history table. Current iff it has no end.
struct Version {
    ValueRow values;
    Instant from = 0;
    std::optional<Instant> to = {};
    /// The transaction that opened it; nullopt for a row of the first copy.
    std::optional<std::size_t> opened_by = {};

    auto operator<=>(const Version&) const = default;
};

/// The history of a table with a key, by the rules of the specification:
/// - A transaction is judged by what it left behind for each key: the row before it and the row after it.
///   What was in between nobody ever saw. So insert and delete in one leave nothing; a truncate, a delete or
///   a key that moves away and comes back with the same values in the same transaction changes nothing.
/// - A version ends with the transaction after which its key has no row, or another value in one of the
///   `tracked` columns (all columns when empty; values are equal when the source prints them alike); a
///   version begins with the transaction after which the key has a row that it had not, or had with another
///   such value. An update of other columns only adds nothing and alters nothing: a version keeps the values
///   that it began with.
/// - Times are commit times, but never earlier than where the same key's version before it begins or, if that
///   was closed, ends: log order decides, and versions of a key do not overlap. So a version may be empty,
///   `from` = `to`.
/// - The rows of the first copy begin at `copied_from`.
std::vector<Version> expected_history(const SourceLog& log, std::size_t table, const Seam& seam,
                                      Instant copied_from, const std::vector<std::size_t>& tracked);

}  // namespace walferry::testing
