#include "warehouse/target_table.h"

#include "model/quote.h"

namespace walferry {

std::string to_sql(const TargetName& name) {
    std::string sql;
    if (!name.catalog.empty()) sql += quote_identifier(name.catalog) + ".";
    if (!name.schema.empty()) sql += quote_identifier(name.schema) + ".";
    return sql + quote_identifier(name.table);
}

std::string to_string(const TargetName& name) {
    return name.schema.empty() ? name.table : name.schema + "." + name.table;
}

}  // namespace walferry
