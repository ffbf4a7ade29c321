#pragma once

#include <string>
#include <vector>

#include "warehouse/encoding/encoding.h"

namespace walferry {

/// A table in a warehouse. The catalog is a name, not an assumption: empty means the session's default one.
struct TargetName {
    std::string catalog;
    std::string schema;
    std::string table;

    bool operator==(const TargetName&) const = default;
};

/// Quoted for SQL: "catalog"."schema"."table", without the empty parts.
std::string to_sql(const TargetName& name);
/// For people: schema.table.
std::string to_string(const TargetName& name);

/// A column of a target and how its values are loaded.
struct TargetColumn {
    std::string name;
    std::string sql_type;  ///< in the warehouse's SQL, e.g. numeric(10,2), DECIMAL(10,2), BIGINT[]
    ColumnEncoding encoding;
    bool not_null = false;
    /// Whether the binary form may be loaded into sql_type. Where one column of a table says no, the whole
    /// table is loaded in text form (LoadFormat::Text, every encoding Text or ArrayJson). Always true for
    /// DuckDB.
    bool binary_loadable = true;
    std::string weaker;  ///< why the target type says less than the source's; empty when it does not
};

enum class LoadFormat { Binary, Text };

/// A column as the warehouse has it, to compare with what is needed.
struct ExistingColumn {
    std::string name;
    std::string sql_type;  ///< normalised as the warehouse prints it
    bool not_null = false;
};

}  // namespace walferry
