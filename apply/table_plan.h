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

/// How one source table becomes one upsert target: pure data, made once per table and shape.
///
/// Load order: the key columns, then the other columns, then the metadata columns. A load row therefore
/// starts with its key, and a key is a prefix of its row.
struct TablePlan {
    SourceTable source;
    TargetName target;
    WarehouseKind kind = WarehouseKind::Postgres;
    LoadFormat format = LoadFormat::Binary;
    std::vector<TargetColumn> columns;  ///< in load order, metadata columns last
    std::vector<std::uint16_t>
        source_index;           ///< load position → index into source.columns, data columns only
    std::size_t key_count = 0;  ///< 0: no key, multiset semantics
    bool metadata = true;
    /// Whether a row that the stream inserts is known to be new in the target. Not when the target was filled
    /// by somebody else (`snapshot: never`): then every row goes through staging.
    bool inserts_are_new = true;

    std::size_t data_count() const { return source_index.size(); }
    bool has_key() const { return key_count != 0; }
};

/// Indices (into source.columns) of the columns by which the target tells rows apart: the configured key,
/// else the identity index when the identity is USING INDEX (a delete carries nothing else), else the primary
/// key. Empty: no key, which only REPLICA IDENTITY FULL allows. Kind Schema when the configured key does not
/// fit.
Result<std::vector<std::uint16_t>> choose_key(const SourceTable& source,
                                              const std::vector<std::string>& configured);

/// Puts a plan together. `mapped` holds the target columns in the order of source.columns.
Result<TablePlan> make_table_plan(const SourceTable& source, const TableRule& rule, TargetName target,
                                  WarehouseKind kind, std::vector<TargetColumn> mapped);

/// The statement that makes the target: source's columns in the source's order, then metadata. No primary key
/// yet.
std::string create_table_sql(const TablePlan& plan);

/// The primary key that a PostgreSQL target gets once its first copy is complete; empty where there is none
/// to make.
std::string add_primary_key_sql(const TablePlan& plan);

}  // namespace walferry
