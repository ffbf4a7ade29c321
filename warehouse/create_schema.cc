#include <optional>
#include <string>
#include <vector>

#include "model/quote.h"
#include "warehouse/warehouse.h"

namespace walferry {

Status create_schema(WarehouseSession& session, WarehouseKind kind, const TargetName& target) {
    const char* look =
        kind == WarehouseKind::DuckDb
            ? "SELECT 1 FROM duckdb_schemas() WHERE database_name = $1 AND schema_name = $2"
            : "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $2 AND $1::text IS NOT NULL";
    const std::vector<std::optional<std::string>> parameters{target.catalog, target.schema};
    WALFERRY_TRY(known, session.query(look, parameters));
    if (!known.rows.empty()) return success();
    std::string name = target.catalog.empty() ? "" : quote_identifier(target.catalog) + ".";
    name += quote_identifier(target.schema);
    return session.execute("CREATE SCHEMA IF NOT EXISTS " + name);
}

}  // namespace walferry
