#pragma once

#include <duckdb.h>

#include <utility>

namespace walferry {

/// Owns one handle of DuckDB's C API; `destroy` takes it by pointer, as all of that API's do.
template <class Handle, auto destroy>
class DuckDbHandle {
 public:
    DuckDbHandle() = default;
    explicit DuckDbHandle(Handle handle) : handle_(handle) {}
    DuckDbHandle(DuckDbHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    DuckDbHandle& operator=(DuckDbHandle&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~DuckDbHandle() {
        if (handle_ != nullptr) destroy(&handle_);
    }

    Handle get() const { return handle_; }
    /// For functions that write a handle.
    Handle* out() { return &handle_; }

 private:
    Handle handle_ = nullptr;
};

using DatabaseHandle = DuckDbHandle<duckdb_database, duckdb_close>;
using ConnectionHandle = DuckDbHandle<duckdb_connection, duckdb_disconnect>;
using ConfigHandle = DuckDbHandle<duckdb_config, duckdb_destroy_config>;
using LogicalType = DuckDbHandle<duckdb_logical_type, duckdb_destroy_logical_type>;
using DataChunk = DuckDbHandle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using Appender = DuckDbHandle<duckdb_appender, duckdb_appender_destroy>;
using PreparedStatement = DuckDbHandle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using TableDescription = DuckDbHandle<duckdb_table_description, duckdb_table_description_destroy>;

/// A result is a struct, not a handle.
class ResultHandle {
 public:
    ResultHandle() = default;
    ResultHandle(const ResultHandle&) = delete;
    ResultHandle& operator=(const ResultHandle&) = delete;
    ~ResultHandle() { duckdb_destroy_result(&result_); }

    duckdb_result* out() { return &result_; }

 private:
    duckdb_result result_{};
};

}  // namespace walferry
