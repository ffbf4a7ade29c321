#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "model/error.h"
#include "model/source_table.h"
#include "warehouse/postgres/postgres_connection.h"
#include "warehouse/target_table.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// From the source's types to those of one warehouse. What the warehouse's catalog says is kept for the
/// session's lifetime.
class PostgresTypes {
 public:
    /// Both must outlive it.
    PostgresTypes(WarehouseSession& session, PostgresConnection& connection)
        : session_(session), connection_(connection) {}

    Result<TargetColumn> map_column(const SourceColumn& column, const std::string& type_override);
    /// Fails with kind Schema when it is no type; an open transaction may then be a failed one.
    Result<std::string> normalise(const std::string& sql_type);

 private:
    Result<TargetColumn> map_type(const SourceColumn& column);
    /// The warehouse's type of the same qualified name and sort, as format_type prints it; empty without.
    Result<std::optional<std::string>> same_type(const SourceType& type);
    Result<std::string> format_type(std::uint32_t oid, std::int32_t modifier);

    WarehouseSession& session_;
    PostgresConnection& connection_;
    std::map<std::pair<std::string, std::int32_t>, std::optional<std::string>> same_types_;
    std::map<std::pair<std::uint32_t, std::int32_t>, std::string> formatted_;
    std::map<std::string, std::string> normalised_;
};

}  // namespace walferry
