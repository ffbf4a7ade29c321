#pragma once

#include <optional>
#include <string>

#include "model/error.h"
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

/// Version of the control tables that this build writes.
inline constexpr int control_version = 2;

/// Creates what is missing of schema and tables. Tables of a newer version, or of an older one that this
/// build can't bring forward, give kind Schema. Runs in a transaction of its own.
Status create_control_schema(WarehouseSession& session, const ControlSchema& control);

/// Whether the control tables exist (any pipeline's).
Result<bool> has_control_schema(WarehouseSession& session, const ControlSchema& control);

/// Removes the pipeline's rows; the last pipeline takes the schema with it.
Status drop_control_rows(WarehouseSession& session, const ControlSchema& control);

}  // namespace walferry
