#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "model/error.h"
#include "model/source_table.h"
#include "warehouse/warehouse.h"

namespace walferry {

inline constexpr const char* lsn_column = "_walferry_lsn";
inline constexpr const char* synced_at_column = "_walferry_synced_at";
inline constexpr const char* deleted_column = "_walferry_deleted";

/// How one source table becomes one target: pure data, made once per table, target and shape.
///
/// Load order: the key columns, then the other columns, then walferry's own:
///   upsert   [_walferry_deleted] [_walferry_lsn, _walferry_synced_at]
///   scd2     valid_from, valid_to, is_current, _walferry_lsn
///   append   _op, _lsn, _seq, _commit_ts, _xid, _old_key, [_topic, _partition, _offset] _unchanged
/// A load row therefore starts with its key, a key is a prefix of its row, and the data fields of one row are
/// the same bytes for all targets of a table.
struct TablePlan {
    SourceTable source;
    TargetName target;
    TableMode mode = TableMode::Upsert;
    int number = 0;  ///< among the targets of its table
    WarehouseKind kind = WarehouseKind::Postgres;
    LoadFormat format = LoadFormat::Binary;
    std::vector<TargetColumn> columns;  ///< in load order
    std::vector<std::uint16_t>
        source_index;              ///< load position → index into source.columns, data columns only
    ColumnRules column_rules;      ///< of columns that the source has; what is excluded has no load position
    ColumnRules configured_rules;  ///< the same of columns, too, that the source may come to have
    ContractConfig contract;       ///< checked on rows as they are before column_rules
    std::size_t key_count = 0;     ///< 0: no key, multiset semantics
    bool metadata = true;          ///< upsert: has _walferry_lsn and _walferry_synced_at
    OnDelete on_delete = OnDelete::Hard;
    bool applies_truncate = true;
    /// upsert, scd2: whether a row that the stream inserts is known to be new in the target. Not when the
    /// target was filled by somebody else (`snapshot: never`), or keeps rows that the source has no more:
    /// then every row goes through staging.
    bool inserts_are_new = true;
    std::vector<std::size_t> tracked;  ///< scd2: load positions whose change begins a version
    /// scd2: values of tracked columns may be equal in the target though their load form differs.
    bool tracked_inexact = false;
    bool valid_from_beginning = false;  ///< scd2
    /// scd2 that tracks some columns only: where the newest row of a key is kept while its current version is
    /// an older one (history/latest_plan.h). Without a name: none is needed.
    TargetName latest;

    std::size_t data_count() const { return source_index.size(); }
    bool has_key() const { return key_count != 0; }
    bool keeps_latest() const { return !latest.table.empty(); }
    bool marks_deleted() const { return mode == TableMode::Upsert && on_delete == OnDelete::Soft; }
    /// Walferry's own column at this place after the data columns.
    const TargetColumn& own_column(std::size_t place) const { return columns[data_count() + place]; }
};

/// Places of a history table's own columns.
namespace history_place {
inline constexpr std::size_t valid_from = 0, valid_to = 1, is_current = 2;
}

/// Indices (into source.columns) of the columns by which the target tells rows apart: the configured key,
/// else the identity index when the identity is USING INDEX (a delete carries nothing else), else the primary
/// key. Empty: no key, which only REPLICA IDENTITY FULL allows. Kind Schema when the configured key does not
/// fit.
Result<std::vector<std::uint16_t>> choose_key(const SourceTable& source,
                                              const std::vector<std::string>& configured);

/// Puts a plan together. `mapped` holds the target columns in the order of source.columns; of excluded ones
/// it is not looked at. Kind Schema when the table can't have such a target.
Result<TablePlan> make_table_plan(const SourceTable& source, const TableRule& rule,
                                  const TargetConfig& target, TargetName name, WarehouseKind kind,
                                  std::vector<TargetColumn> mapped);

/// The names of the columns that walferry adds to a target of this kind.
std::vector<std::string> own_column_names(const SourceTable& source, const TableRule& rule,
                                          const TargetConfig& target);

/// The statement that makes the target: source's columns in the source's order, and walferry's own (in a
/// change log before them, else after). No primary key yet.
std::string create_table_sql(const TablePlan& plan);

/// What a PostgreSQL target gets once its first copy is complete, so that its rows are found by key: each as
/// the name of an index and the statement that makes it. A name that is empty stands for the primary key.
struct KeyIndex {
    std::string name;
    std::string sql;
};
std::vector<KeyIndex> key_indexes(const TablePlan& plan);

}  // namespace walferry
