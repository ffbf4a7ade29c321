#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/integration/compare.h"
#include "tests/integration/oracle/expected_history.h"

namespace walferry::testing {

/// A warehouse to be read, of either kind. DuckDB: while nothing runs, for it reads a copy of the file; made
/// here, so this shows one moment.
class TargetReader {
 public:
    explicit TargetReader(const PgDatabase& database) : database_(database) {}
    explicit TargetReader(const std::filesystem::path& duckdb) { file_.emplace(duckdb); }

    /// Values as text. Give every column of `select` a name of its own.
    Rows rows(const std::string& select) const;
    /// An expression that prints a column in the form of canonical_text.h.
    std::string canonical(const SourceValueType& column) const;
    /// The same for a point in time: microseconds since 1970, or `-infinity`.
    std::string instant(const std::string& column) const;
    std::string text(const std::string& column) const;

 private:
    std::optional<PgDatabase> database_;
    std::optional<DuckDbFile> file_;
};

/// A row of an append target.
struct LoggedRow {
    char op = 0;
    Lsn lsn;
    std::int64_t seq = -1;  ///< -1 for NULL
    std::optional<Instant> commit;
    std::int64_t xid = -1;               ///< -1 for NULL
    std::optional<std::string> old_key;  ///< JSON
    std::string unchanged;               ///< _unchanged as text; empty when it names no column
    ValueRow values;
};

/// A row of an scd2 target.
struct StoredVersion {
    ValueRow values;
    Instant from = 0;
    std::optional<Instant> to;
    bool current = false;
    Lsn lsn;

    auto operator<=>(const StoredVersion&) const = default;
};

/// What the configuration says about an scd2 target.
struct HistoryTarget {
    DecodedName name;
    std::vector<std::string> track = {};  ///< empty: all columns
    std::string valid_from = "valid_from";
    std::string valid_to = "valid_to";
    std::string is_current = "is_current";
    bool from_beginning = false;  ///< first_valid_from: beginning
};

/// In the order of `_lsn` and `_seq`; copied rows (r) first.
std::vector<LoggedRow> logged_rows(const TargetReader& reader, const OracleTable& table,
                                   const DecodedName& target, ValuePool& pool);
std::vector<StoredVersion> stored_versions(const TargetReader& reader, const OracleTable& table,
                                           const HistoryTarget& target, ValuePool& pool);
/// `{"id": 5}` as the key's values, in the table's order.
ValueRow key_from_json(const OracleTable& table, const std::string& json, ValuePool& pool);
/// Of an upsert target.
RowCounts stored_rows(const TargetReader& reader, const OracleTable& table, const DecodedName& target,
                      ValuePool& pool);

}  // namespace walferry::testing
