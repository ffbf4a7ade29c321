#pragma once

#include <memory>
#include <string>

#include "warehouse/duckdb/duckdb_handles.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// A connection to an open DuckDB database. Several of them may work at the same time, each in its own
/// thread.
class DuckDbSession : public WarehouseSession {
 public:
    /// Fails with kind Connection once a fatal error has invalidated the database: only opening it anew helps
    /// then.
    static Result<std::unique_ptr<DuckDbSession>> connect(std::shared_ptr<DatabaseHandle> database);

    Status begin() override;
    Status commit() override;
    void rollback() override;
    Status execute(const std::string& sql) override;
    Result<std::uint64_t> modify(const std::string& sql) override;
    Result<QueryResult> query(const std::string& sql,
                              std::span<const std::optional<std::string>> parameters = {}) override;
    /// DuckDB takes every column in binary form, so `format` says nothing new; a Text field goes to VARCHAR
    /// columns only.
    Result<std::unique_ptr<RowLoader>> load(const TargetName& target, std::span<const TargetColumn> columns,
                                            LoadFormat format) override;
    Result<std::unique_ptr<RowCheck>> row_check(const TargetName& target,
                                                std::span<const TargetColumn> columns) override;
    Status scan_hashed(const std::string& sql, std::span<const HashedColumn> columns, std::size_t key_count,
                       const TakeHashedRows& take) override;
    Result<TargetColumn> map_column(const SourceColumn& column, const std::string& type_override) override;
    Result<std::string> normalise_type(const std::string& sql_type) override;
    Result<std::optional<std::vector<ExistingColumn>>> describe_table(const TargetName& target) override;
    std::string catalog() const override { return catalog_; }
    /// The file's lock is the fence: there is no other process.
    Status end_predecessors() override { return success(); }
    void interrupt() override { duckdb_interrupt(connection_.get()); }

 private:
    explicit DuckDbSession(std::shared_ptr<DatabaseHandle> database) : database_(std::move(database)) {}

    std::shared_ptr<DatabaseHandle> database_;
    ConnectionHandle connection_;  // closed before the database
    std::string catalog_;
};

}  // namespace walferry
