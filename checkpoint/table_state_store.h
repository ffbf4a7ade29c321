#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/control_schema.h"
#include "model/relation.h"

namespace walferry {

/// Where a table stands. Copying: rows are read from a snapshot, its changes are kept aside. CatchingUp: the
/// copy is complete, the kept changes are being applied. Streaming: changes go straight to the target.
enum class TableState { Copying, CatchingUp, Streaming, Failed, Excluded };

std::string_view to_string(TableState state);
std::optional<TableState> parse_table_state(std::string_view text);

struct TableStateRow {
    std::string source_schema;
    std::string source_table;
    RelationId relation_id = 0;
    struct Target {
        std::string schema;
        std::string table;
        std::string mode;

        bool operator==(const Target&) const = default;
    };
    std::vector<Target> targets;
    TableState state = TableState::Copying;
    std::string reason;
    std::uint32_t publication_member = 0;
    std::string snapshot;  ///< pg_snapshot of the copy; empty while none was taken, or when there was no copy
    Lsn snapshot_lsn;      ///< transactions that committed from here on are not in the copy
    std::int64_t snapshot_time = 0;  ///< of the newest copy, microseconds since 2000 on the source's clock
    /// The copy is loaded beside its targets, one of which had rows before it, and brought into them at its
    /// end. Where it is not, rows in them come from a copy that was interrupted.
    bool merges_copy = false;
    std::uint64_t rows_copied = 0;

    std::string qualified_name() const { return source_schema + "." + source_table; }
};

/// Where the tables of one pipeline stand: a row for each target of a table, all with the table's state.
/// Writes replace them whole and carry the writer's epoch, so that a fenced copy can be told (`holds`).
class TableStateStore {
 public:
    explicit TableStateStore(ControlSchema control) : control_(std::move(control)) {}

    Result<std::vector<TableStateRow>> read(WarehouseSession& session) const;
    Status write(WarehouseSession& session, const TableStateRow& row, std::uint64_t epoch) const;
    Status remove(WarehouseSession& session, const TableStateRow& row) const;

    /// The other pipeline that fills this target, where there is one.
    Result<std::optional<std::string>> other_owner(WarehouseSession& session, const TargetName& target) const;

    /// For a copy worker, before its transaction commits: fails with kind Fenced unless the row still is the
    /// writer's. In PostgreSQL it share-locks the row, so that a new owner waits for this transaction and
    /// then clears what it wrote.
    Status holds(WarehouseSession& session, const TableStateRow& row, std::uint64_t epoch) const;

    const ControlSchema& control() const { return control_; }

 private:
    std::string where(const TableStateRow& row) const;
    std::string lsn_or_null(Lsn lsn) const;
    Status insert(WarehouseSession& session, const TableStateRow& row, std::uint64_t epoch) const;

    ControlSchema control_;
};

}  // namespace walferry
