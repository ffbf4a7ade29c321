#pragma once

#include <string>
#include <vector>

#include "tests/integration/oracle/judge.h"
#include "tests/integration/shop.h"

namespace walferry::testing {

/// A pipeline with an oracle beside it, which is there before the first table.
class JudgedShop {
 public:
    JudgedShop(Target target, std::string tables, std::string batch = "{ max_rows: 2000 }",
               std::string source_settings = "", std::string more = "");

    void sql(const std::string& statements) const { shop.sql(statements); }
    /// `run --until-caught-up`; empty, or what went wrong.
    std::string catch_up() const;
    /// Of the warehouse as it is now. DuckDB: while nothing runs.
    TargetReader reader() const;
    /// What the judge says of the targets by their default names; empty when all is right.
    std::string verdict(const std::string& table);

    Target target;
    Shop shop;
    SourceLog log;
};

/// Of a table (id, v, n, big), sorted: `id|v|n|big FROM..TO`, both as ranks of the distinct times in the
/// history, so that 0 is that of the first copy; nothing after the dots for a current version. A large `big`
/// is shown by its first letter.
std::vector<std::string> history_lines(const TargetReader& reader, const HistoryTarget& target);

/// The streamed events of the same, in order: `TRANSACTION op id|v|n|big`, transactions as ranks from 1, and
/// ` was {"id":1}` where the key changed.
std::vector<std::string> log_lines(const TargetReader& reader, const DecodedName& target);

/// Rows of a query, sorted, as `a|b|NULL`.
std::vector<std::string> lines(const TargetReader& reader, const std::string& select);

}  // namespace walferry::testing
