#include "tests/integration/duckdb_file.h"

#include <stdexcept>

namespace walferry::testing {
namespace {

namespace fs = std::filesystem;

void open(const fs::path& path, duckdb_database& database, duckdb_connection& connection) {
    char* message = nullptr;
    if (duckdb_open_ext(path.c_str(), &database, nullptr, &message) != DuckDBSuccess) {
        const std::string text = message ? message : "unknown error";
        duckdb_free(message);
        throw std::runtime_error("cannot open " + path.string() + ": " + text);
    }
    if (duckdb_connect(database, &connection) != DuckDBSuccess)
        throw std::runtime_error("duckdb_connect failed");
}

void run_sql(duckdb_connection connection, const std::string& sql, duckdb_result& result) {
    if (duckdb_query(connection, sql.c_str(), &result) == DuckDBSuccess) return;
    const char* message = duckdb_result_error(&result);
    const std::string text = message ? message : "unknown error";
    duckdb_destroy_result(&result);
    throw std::runtime_error(text + "\nin: " + sql);
}

void append_chunk(duckdb_data_chunk chunk, Rows& rows) {
    const idx_t columns = duckdb_data_chunk_get_column_count(chunk);
    const idx_t count = duckdb_data_chunk_get_size(chunk);
    const std::size_t first = rows.size();
    rows.resize(first + count, Row(columns));
    for (idx_t column = 0; column < columns; ++column) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, column);
        auto* values = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
        std::uint64_t* validity = duckdb_vector_get_validity(vector);
        for (idx_t row = 0; row < count; ++row)
            if (!validity || duckdb_validity_row_is_valid(validity, row))
                rows[first + row][column].emplace(duckdb_string_t_data(&values[row]),
                                                  duckdb_string_t_length(values[row]));
    }
}

}  // namespace

DuckDbFile::DuckDbFile(const fs::path& path) : dir_("duckdb") {
    if (!fs::exists(path)) throw std::runtime_error("no DuckDB file " + path.string());
    const fs::path copy = dir_ / path.filename();
    fs::copy_file(path, copy);
    const fs::path wal = path.string() + ".wal";
    if (fs::exists(wal)) fs::copy_file(wal, copy.string() + ".wal");
    open(copy, database_, connection_);
    duckdb_result result;
    run_sql(connection_, "SET TimeZone = 'UTC'; SET threads = 2", result);
    duckdb_destroy_result(&result);
}

DuckDbFile::~DuckDbFile() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
}

Rows DuckDbFile::rows(const std::string& select) const {
    duckdb_result result;
    run_sql(connection_, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (" + select + ")", result);
    Rows rows;
    while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result)) {
        append_chunk(chunk, rows);
        duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&result);
    return rows;
}

std::string DuckDbFile::value(const std::string& select) const {
    const Rows found = rows(select);
    return found.empty() ? std::string() : found[0][0].value_or("");
}

void duckdb_execute(const fs::path& path, const std::string& sql) {
    duckdb_database database = nullptr;
    duckdb_connection connection = nullptr;
    open(path, database, connection);
    duckdb_result result;
    run_sql(connection, sql, result);
    duckdb_destroy_result(&result);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
}

}  // namespace walferry::testing
