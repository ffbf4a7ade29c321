#pragma once

#include <memory>

#include "warehouse/postgres/postgres_connection.h"
#include "warehouse/postgres/postgres_types.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// A session in a PostgreSQL warehouse. Once interrupted every call fails with kind Cancelled.
class PostgresSession : public WarehouseSession {
 public:
    PostgresSession(std::unique_ptr<PostgresConnection> connection, bool read_only);

    Status begin() override;
    /// Interrupted while COMMIT is under way, the error is of kind Connection: its outcome is not known.
    Status commit() override;
    void rollback() override;

    Status execute(const std::string& sql) override;
    Result<std::uint64_t> modify(const std::string& sql) override;
    Result<QueryResult> query(const std::string& sql,
                              std::span<const std::optional<std::string>> parameters = {}) override;

    Result<std::unique_ptr<RowLoader>> load(const TargetName& target, std::span<const TargetColumn> columns,
                                            LoadFormat format) override;

    Result<std::unique_ptr<RowCheck>> row_check(const TargetName& target,
                                                std::span<const TargetColumn> columns) override {
        static_cast<void>(target), static_cast<void>(columns);
        return std::unique_ptr<RowCheck>();
    }
    Result<TargetColumn> map_column(const SourceColumn& column, const std::string& type_override) override;
    Result<std::string> normalise_type(const std::string& sql_type) override;
    Result<std::optional<std::vector<ExistingColumn>>> describe_table(const TargetName& target) override;
    std::string catalog() const override { return {}; }
    Status end_predecessors() override;
    void interrupt() override { connection_->interrupt(); }

 private:
    Result<PostgresResult> run(const std::string& sql);
    Result<QueryResult> query_in_transaction(const std::string& sql,
                                             std::span<const std::optional<std::string>> parameters);

    std::unique_ptr<PostgresConnection> connection_;
    PostgresTypes types_;
    bool read_only_;
};

}  // namespace walferry
