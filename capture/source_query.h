#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/error.h"
#include "model/lsn.h"
#include "model/source_table.h"

namespace walferry {

/// Rows as text; std::nullopt is NULL.
using TextRows = std::vector<std::vector<std::optional<std::string>>>;

/// A heap of the source that holds rows of a table: the table itself, or a leaf of it.
struct SourceHeap {
    std::string schema;
    std::string name;
    std::uint64_t pages = 0;
    std::int64_t estimated_rows = -1;
};

/// A session that reads the source's tables as ordinary SQL does, with the settings that fix PostgreSQL's
/// text output. One thread, except `interrupt`.
class SourceQuery {
 public:
    virtual ~SourceQuery() = default;

    /// Statements, the last of which may give rows.
    virtual Result<TextRows> rows(const std::string& sql) = 0;
    virtual int server_version() const = 0;  ///< e.g. 150018

    /// Where the log is written: whatever was visible before the call was committed before it.
    virtual Result<Lsn> insert_position() = 0;
    virtual Result<std::vector<SourceHeap>> heaps(const SourceTable& table) = 0;
    /// Transactions that may have written to the table and are not over for everybody yet, as an SQL array of
    /// virtual transaction ids; empty without. A commit can be in the log, and in the warehouse, while it
    /// waits to become visible (synchronous replication): until then it holds its lock on the table.
    virtual Result<std::string> writers(const SourceTable& table) = 0;
    /// Whether one of those that `writers` named is still there.
    virtual Result<bool> any_left(const std::string& writers, const SourceTable& table) = 0;
    /// Makes whoever waits in it return soon, with kind Cancelled. Any thread.
    virtual void interrupt() = 0;
};

Result<std::unique_ptr<SourceQuery>> open_source_query(const std::string& connection);

/// FROM ONLY "s"."t", or the root of a partitioned table without ONLY.
std::string source_from(const SourceTable& table);

}  // namespace walferry
