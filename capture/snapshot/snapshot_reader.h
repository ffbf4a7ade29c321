#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/change.h"
#include "model/error.h"
#include "model/lsn.h"
#include "model/snapshot.h"
#include "model/source_table.h"

namespace walferry {

/// A part of a table that one worker copies: pages [first_page, end_page) of one heap (a leaf, when the table
/// is partitioned). Without end_page the whole heap from first_page on.
struct CopyChunk {
    RelationId heap = 0;
    std::string schema;
    std::string name;
    std::uint32_t first_page = 0;
    std::optional<std::uint32_t> end_page;
};

/// An exported snapshot of the source with the tables locked in ACCESS SHARE mode, so that no rewriting DDL
/// can come between snapshot and copy (locks first, snapshot second). Holds its transaction open until
/// destroyed. One thread.
class SnapshotHolder {
 public:
    virtual ~SnapshotHolder() = default;
    virtual const std::string& name() const = 0;   ///< for SET TRANSACTION SNAPSHOT
    virtual const std::string& text() const = 0;   ///< pg_current_snapshot() as PostgreSQL prints it
    virtual const Snapshot& snapshot() const = 0;  ///< which transactions the copy contains
    /// WAL insert position read after the snapshot was taken: a transaction whose commit record starts at or
    /// after it is not in the copy.
    virtual Lsn position() const = 0;
    virtual PgTime time() const = 0;  ///< the source's clock when the snapshot was taken
    /// Splits a table into chunks of about `pages` heap pages (one chunk a heap below PostgreSQL 14, which
    /// can't scan ctid ranges without reading the whole heap). The last chunk of a heap is open-ended.
    virtual Result<std::vector<CopyChunk>> plan(const SourceTable& table, std::uint32_t pages) = 0;
    /// Fails when the transaction, and with it the locks, is gone.
    virtual Status confirm() = 0;
    virtual void interrupt() = 0;  ///< any thread
};

/// Opens a transaction, waits for and takes the locks, takes and exports the snapshot. A table that is gone
/// by then, or has other columns, gives kind Busy.
Result<std::unique_ptr<SnapshotHolder>> hold_snapshot(const std::string& connection,
                                                      const std::vector<SourceTable>& tables);

/// The same under a snapshot that somebody else has exported and still holds. The locks come after it, so
/// kind Busy also means that a table was rewritten in between: its rows can't be seen any more.
Result<std::unique_ptr<SnapshotHolder>> import_snapshot(const std::string& connection,
                                                        const std::string& snapshot_name,
                                                        const std::vector<SourceTable>& tables);

/// Reads chunks within an exported snapshot over one connection of its own, in binary COPY. One thread.
class CopyReader {
 public:
    virtual ~CopyReader() = default;

    /// Starts reading a chunk. Columns named in `as_text` come as their type's output function's text, the
    /// others in their binary send form. Row filter and column list of the publication are honoured.
    virtual Status start(const SourceTable& table, const CopyChunk& chunk,
                         const std::vector<bool>& as_text) = 0;

    /// The next row, in load format (warehouse/encoding/encoding.h): for each column, in the table's order, a
    /// big-endian int32 length (-1 NULL) and the bytes, without field count. Holds until the next call. Empty
    /// at the end of the chunk.
    virtual Result<std::optional<std::string_view>> next() = 0;
    virtual void interrupt() = 0;  ///< any thread
};

/// Connects and imports the snapshot; the holder must stay alive until this returns.
Result<std::unique_ptr<CopyReader>> open_copy_reader(const std::string& connection,
                                                     const std::string& snapshot_name);

}  // namespace walferry
