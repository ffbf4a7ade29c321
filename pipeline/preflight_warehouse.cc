#include "pipeline/preflight_warehouse.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "model/quote.h"
#include "pipeline/pipeline.h"
#include "warehouse/duckdb/duckdb_warehouse.h"

namespace walferry {
namespace {

PreflightFinding warehouse_error(std::string message, std::string fix) {
    return {PreflightLevel::Error, "warehouse", std::move(message), std::move(fix)};
}

/// Whether a DuckDB file could be written or made: the WAL beside it needs the folder.
std::optional<PreflightFinding> path_problem(const std::filesystem::path& path, bool exists) {
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    for (const std::filesystem::path& needed : {folder, exists ? path : folder}) {
        if (::access(needed.c_str(), W_OK) == 0) continue;
        return warehouse_error(
            fmt::format("{} can't be written: {}", needed.string(), std::strerror(errno)),
            errno == ENOENT ? "make the folder" : "let the user that runs walferry write there");
    }
    return std::nullopt;
}

Result<PreflightWarehouse> open_duckdb(const Config& config) {
    const std::filesystem::path path = config.warehouse.duckdb->path;
    std::error_code ignored;
    const bool exists = std::filesystem::exists(path, ignored);
    PreflightWarehouse opened;
    if (const auto problem = path_problem(path, exists)) opened.findings.push_back(*problem);
    if (exists) {
        WALFERRY_TRY(warehouse, open_warehouse(config, true));
        opened.warehouse = std::move(warehouse);
    } else {
        DuckDbWarehouseOptions empty;
        empty.path = ":memory:";
        empty.memory_limit = config.warehouse.duckdb->memory_limit;
        WALFERRY_TRY(warehouse, open_duckdb_warehouse(empty));
        opened.warehouse = std::move(warehouse);
    }
    WALFERRY_TRY(session, opened.warehouse->connect());
    opened.session = std::move(session);
    if (opened.findings.empty()) {
        opened.findings.push_back(
            {PreflightLevel::Ok, "warehouse",
             fmt::format("DuckDB, {}{}", path.string(), exists ? "" : " (will be created)"), ""});
    }
    return opened;
}

Result<PreflightWarehouse> open_postgres(const Config& config) {
    PreflightWarehouse opened;
    WALFERRY_TRY(warehouse, open_warehouse(config, false));
    opened.warehouse = std::move(warehouse);
    WALFERRY_TRY(session, opened.warehouse->connect());
    opened.session = std::move(session);
    const std::vector<std::optional<std::string>> parameters{config.warehouse.control_schema};
    WALFERRY_TRY(
        found,
        opened.session->query(
            "SELECT current_setting('transaction_read_only'), pg_is_in_recovery(), current_database(), "
            "current_setting('server_version'), has_database_privilege(current_database(), 'CREATE') OR "
            "EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)",
            parameters));
    const auto& row = found.rows.at(0);
    if (row[1] == "t") {
        opened.findings.push_back(
            warehouse_error("the warehouse is a standby in recovery, which can't be written",
                            "point warehouse.postgres.connection at its primary"));
    } else if (row[0] == "on") {
        opened.findings.push_back(warehouse_error(
            "the warehouse refuses to write: default_transaction_read_only is on",
            fmt::format("ALTER DATABASE {} RESET default_transaction_read_only, or the same for the role",
                        quote_identifier(row[2].value_or("")))));
    }
    if (row[4] != "t") {
        opened.findings.push_back(warehouse_error(
            fmt::format("the role may not create the schema {} for walferry's own tables",
                        config.warehouse.control_schema),
            fmt::format("GRANT CREATE ON DATABASE {} TO the role", quote_identifier(row[2].value_or("")))));
    }
    if (opened.findings.empty()) {
        opened.findings.push_back(
            {PreflightLevel::Ok, "warehouse",
             fmt::format("PostgreSQL {}, database {}", row[3].value_or(""), row[2].value_or("")), ""});
    }
    return opened;
}

}  // namespace

Result<PreflightWarehouse> open_for_preflight(const Config& config) {
    return config.warehouse.duckdb ? open_duckdb(config) : open_postgres(config);
}

Result<std::vector<PreflightFinding>> schema_findings(WarehouseSession& session, WarehouseKind kind,
                                                      const std::vector<PlannedTable>& tables) {
    std::vector<PreflightFinding> findings;
    if (kind != WarehouseKind::Postgres) return findings;
    std::set<std::string> schemas;
    for (const PlannedTable& table : tables) {
        if (!table.target_exists) schemas.insert(table.plan.target.schema);
    }
    for (const std::string& schema : schemas) {
        const std::vector<std::optional<std::string>> parameters{schema};
        WALFERRY_TRY(allowed,
                     session.query("SELECT COALESCE((SELECT has_schema_privilege(oid, 'CREATE') FROM "
                                   "pg_catalog.pg_namespace WHERE nspname = $1), "
                                   "has_database_privilege(current_database(), 'CREATE'))",
                                   parameters));
        if (allowed.rows.at(0).at(0) == "t") continue;
        findings.push_back(warehouse_error(
            fmt::format("the role may not create tables in schema {}", schema),
            fmt::format("GRANT CREATE ON SCHEMA {} TO the role (or on the database, while the "
                        "schema does not exist)",
                        quote_identifier(schema))));
    }
    return findings;
}

}  // namespace walferry
