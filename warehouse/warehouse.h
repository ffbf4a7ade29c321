#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/source_table.h"
#include "warehouse/row_hash/hashed_rows.h"
#include "warehouse/target_table.h"

namespace walferry {

struct HashedColumn;

enum class WarehouseKind { Postgres, DuckDb };

/// A small result set as text; not for data in bulk. std::nullopt is NULL.
struct QueryResult {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
};

/// Bulk load of rows into one table, inside the session's transaction. Rows are in load format (encoding.h):
/// the fields of `columns` in that order, each with its length field, without a leading field count. Owned by
/// the caller, who must finish or destroy it before the next call to the session; destroying without `finish`
/// abandons the load, after which only a rollback is allowed.
class RowLoader {
 public:
    virtual ~RowLoader() = default;
    /// `row` is read before the call returns. An error of kind Data names the column; the load is then
    /// abandoned.
    virtual Status append(std::string_view row) = 0;
    /// Sends what is left. After success the rows are part of the transaction.
    virtual Status finish() = 0;
};

/// Tells of load rows whether the table's columns can hold their values. Owned by the caller, who must
/// destroy it before the next call to the session.
class RowCheck {
 public:
    virtual ~RowCheck() = default;
    /// The row's fields as for RowLoader::append, those that are unchanged included. Kind Data names the
    /// column.
    virtual Status check(std::string_view row) = 0;
};

/// One connection to the warehouse; used by one thread at a time, except `interrupt`. After an error of kind
/// Connection the session is of no more use.
class WarehouseSession {
 public:
    virtual ~WarehouseSession() = default;

    virtual Status begin() = 0;
    /// An error of kind Connection leaves open whether the transaction was committed (design invariant 9).
    virtual Status commit() = 0;
    /// Best effort; closes an open transaction, also a failed one. Does nothing without one.
    virtual void rollback() = 0;

    /// One or more statements without parameters, results thrown away.
    virtual Status execute(const std::string& sql) = 0;
    /// One data-changing statement; gives the number of rows it changed.
    virtual Result<std::uint64_t> modify(const std::string& sql) = 0;
    /// One statement with a result. Parameters are $1 … $n, sent as text (std::nullopt is NULL).
    virtual Result<QueryResult> query(const std::string& sql,
                                      std::span<const std::optional<std::string>> parameters = {}) = 0;

    virtual Result<std::unique_ptr<RowLoader>> load(const TargetName& target,
                                                    std::span<const TargetColumn> columns,
                                                    LoadFormat format) = 0;

    /// Null where only the warehouse itself can tell, by refusing the load.
    virtual Result<std::unique_ptr<RowCheck>> row_check(const TargetName& target,
                                                        std::span<const TargetColumn> columns) = 0;

    /// DuckDB: runs one query whose first result columns are `columns`, `key_count` of them the key, and
    /// hands its rows on as hashes as they come. The other columns must be VARCHAR. Kind Internal in
    /// PostgreSQL, which hashes by itself (row_hash/hash_sql.h).
    virtual Status scan_hashed(const std::string& sql, std::span<const HashedColumn> columns,
                               std::size_t key_count, const TakeHashedRows& take);

    /// Where the source's column goes (types.md's table; `type_override` is the configured SQL type, empty
    /// without). Error of kind Schema when it can't be taken.
    virtual Result<TargetColumn> map_column(const SourceColumn& column, const std::string& type_override) = 0;
    /// Same type as the warehouse would print it in `describe_table`, so that the two can be compared.
    virtual Result<std::string> normalise_type(const std::string& sql_type) = 0;
    /// The columns in order; empty optional when there is no such table.
    virtual Result<std::optional<std::vector<ExistingColumn>>> describe_table(const TargetName& target) = 0;
    /// Name of the catalog that targets go to: the database of a DuckDB file, empty for PostgreSQL.
    virtual std::string catalog() const = 0;
    /// Ends sessions that an earlier instance of the same pipeline left open in the warehouse: frozen or cut
    /// off, it may hold locks that this one waits for. What they had not committed is rolled back.
    virtual Status end_predecessors() = 0;
    /// Makes the thread that waits in this session return soon, with an error. May be called from any thread.
    virtual void interrupt() = 0;
};

/// Creates the schema of `target` where it is missing. Looks first: CREATE … IF NOT EXISTS wants the
/// privilege to create even when there is nothing to create. In the session's transaction, where one is open.
Status create_schema(WarehouseSession& session, WarehouseKind kind, const TargetName& target);

/// A warehouse: opens sessions. Thread-safe.
class Warehouse {
 public:
    virtual ~Warehouse() = default;
    virtual WarehouseKind kind() const = 0;
    virtual Result<std::unique_ptr<WarehouseSession>> connect() = 0;
};

}  // namespace walferry
