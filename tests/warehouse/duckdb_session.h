#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/warehouse/duckdb_file.h"
#include "tests/warehouse/load_rows.h"
#include "warehouse/duckdb/duckdb_warehouse.h"

namespace walferry {

struct OpenFile {
    DuckDbFile file;
    std::unique_ptr<Warehouse> warehouse = must(open_duckdb_warehouse({.path = file.path()}));
    std::unique_ptr<WarehouseSession> session = must(warehouse->connect());
};

inline std::optional<std::string> one(WarehouseSession& session, const std::string& sql) {
    const QueryResult result = must(session.query(sql));
    REQUIRE(result.rows.size() == 1);
    return result.rows[0].at(0);
}

inline TargetColumn column_of(const std::string& name, const std::string& sql_type, ColumnEncoding encoding) {
    TargetColumn column;
    column.name = name;
    column.sql_type = sql_type;
    column.encoding = encoding;
    return column;
}

/// A row of a result on one line.
inline std::string joined(const std::vector<std::optional<std::string>>& row) {
    std::string line;
    for (const auto& value : row) line += (line.empty() ? "" : "|") + value.value_or("NULL");
    return line;
}

inline const TargetColumn id_column = column_of("id", "BIGINT", {Encoding::Int8});

}  // namespace walferry
