#include "warehouse/duckdb/duckdb_session.h"

#include <utility>

#include "warehouse/duckdb/duckdb_errors.h"
#include "warehouse/duckdb/duckdb_hash_scan.h"
#include "warehouse/duckdb/duckdb_loader.h"
#include "warehouse/duckdb/duckdb_query.h"
#include "warehouse/duckdb/duckdb_types.h"

namespace walferry {

Result<std::unique_ptr<DuckDbSession>> DuckDbSession::connect(std::shared_ptr<DatabaseHandle> database) {
    std::unique_ptr<DuckDbSession> session(new DuckDbSession(std::move(database)));
    if (duckdb_connect(session->database_->get(), session->connection_.out()) == DuckDBError) {
        return Error{ErrorKind::Connection, "DuckDB refused another connection to its open database", {}, {}};
    }
    // duckdb_connect succeeds on an invalidated database, too: only a statement tells.
    WALFERRY_TRY(result, session->query("SELECT current_database()"));
    session->catalog_ = result.rows.at(0).at(0).value_or("");
    return session;
}

Status DuckDbSession::begin() {
    return execute("BEGIN TRANSACTION");
}

Status DuckDbSession::commit() {
    return execute("COMMIT");
}

void DuckDbSession::rollback() {
    ResultHandle result;
    // Without a transaction this is an error, and nothing to do.
    static_cast<void>(duckdb_query(connection_.get(), "ROLLBACK", result.out()));
}

Status DuckDbSession::execute(const std::string& sql) {
    WALFERRY_TRYV(modify(sql));
    return success();
}

Result<std::uint64_t> DuckDbSession::modify(const std::string& sql) {
    ResultHandle result;
    if (duckdb_query(connection_.get(), sql.c_str(), result.out()) == DuckDBError) {
        return duckdb_error(duckdb_result_error_type(result.out()), duckdb_result_error(result.out()));
    }
    return std::uint64_t{duckdb_rows_changed(result.out())};
}

Result<QueryResult> DuckDbSession::query(const std::string& sql,
                                         std::span<const std::optional<std::string>> parameters) {
    return run_query(connection_.get(), sql, parameters);
}

Result<std::unique_ptr<RowLoader>> DuckDbSession::load(const TargetName& target,
                                                       std::span<const TargetColumn> columns, LoadFormat) {
    WALFERRY_TRY(loader, DuckDbLoader::create(connection_.get(), target, columns));
    return std::unique_ptr<RowLoader>(std::move(loader));
}

Result<std::unique_ptr<RowCheck>> DuckDbSession::row_check(const TargetName& target,
                                                           std::span<const TargetColumn> columns) {
    WALFERRY_TRY(loader, DuckDbLoader::create(connection_.get(), target, columns));
    return std::unique_ptr<RowCheck>(std::move(loader));
}

Status DuckDbSession::scan_hashed(const std::string& sql, std::span<const HashedColumn> columns,
                                  std::size_t key_count, const TakeHashedRows& take) {
    return scan_hashes(connection_.get(), sql, columns, key_count, take);
}

Result<TargetColumn> DuckDbSession::map_column(const SourceColumn& column, const std::string& type_override) {
    if (type_override.empty()) return map_duckdb_column(column, "");
    const Result<std::string> normalised = normalise_type(type_override);
    if (!normalised) return normalised.error().in("column " + column.name);
    return map_duckdb_column(column, normalised.value());
}

Result<std::string> DuckDbSession::normalise_type(const std::string& sql_type) {
    WALFERRY_TRY(result, query("SELECT typeof(CAST(NULL AS " + sql_type + "))"));
    return result.rows.at(0).at(0).value_or("");
}

Result<std::optional<std::vector<ExistingColumn>>> DuckDbSession::describe_table(const TargetName& target) {
    // Names that differ only by case are the same table to DuckDB.
    static const std::string sql =
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
        "WHERE lower(database_name) = lower(CASE WHEN $1 = '' THEN current_database() ELSE $1 END) "
        "AND lower(schema_name) = lower(CASE WHEN $2 = '' THEN current_schema() ELSE $2 END) "
        "AND lower(table_name) = lower($3) ORDER BY column_index";
    const std::optional<std::string> parameters[] = {target.catalog, target.schema, target.table};
    WALFERRY_TRY(result, query(sql, parameters));
    std::optional<std::vector<ExistingColumn>> columns;
    for (auto& row : result.rows) {
        if (!columns) columns.emplace();
        columns->push_back({row[0].value_or(""), row[1].value_or(""), row[2] == "false"});
    }
    return columns;
}

}  // namespace walferry
