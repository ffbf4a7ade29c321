#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/lsn.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Where walferry keeps its own tables in the warehouse, and how they are spelled there. A value; the
/// stores that read and write the tables share it.
struct ControlSchema {
    WarehouseKind kind = WarehouseKind::Postgres;
    std::string catalog;
    std::string schema = "walferry";
    std::string pipeline;

    TargetName table(const std::string& name) const { return {catalog, schema, name}; }
    /// A table of the pipeline's own for one target of a source table: `purpose`, the pipeline, and which.
    TargetName side_table(const char* purpose, std::uint32_t relation_id, int target) const;
    /// The part of such a name that tells the pipeline: several share the schema.
    std::string side_table_mark() const;
    std::string sql(const std::string& name) const { return to_sql(table(name)); }
    /// SQL literal of the pipeline's name.
    std::string pipeline_literal() const;
    /// SQL type of a log position: pg_lsn, or UBIGINT in DuckDB.
    std::string lsn_type() const;
    /// SQL literal of a log position.
    std::string lsn_literal(Lsn lsn) const;
    /// A log position as `query` returned it.
    Lsn read_lsn(const std::optional<std::string>& text) const;
};

/// Until the session's transaction ends, nobody else who asks gives ids in the pipeline's control tables
/// (PostgreSQL; a DuckDB has one process alone). For workers that share a pipeline.
Status lock_ids(WarehouseSession& session, const ControlSchema& control);

}  // namespace walferry
