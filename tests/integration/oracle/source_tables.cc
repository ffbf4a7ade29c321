#include "tests/integration/oracle/source_tables.h"

#include <algorithm>
#include <stdexcept>

#include "model/quote.h"

namespace walferry::testing {
namespace {

const std::string columns_query = std::string(R"sql(
SELECT n.nspname, c.relname, a.attname, value_type.typname, value_type.element, value_type.sql_type,
    c.relreplident = 'f'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
CROSS JOIN LATERAL )sql") + value_type_sql +
                                  R"sql(
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY 1, 2, a.attnum)sql";

constexpr const char* keys_query = R"sql(
SELECT DISTINCT ON (n.nspname, c.relname, k.place) n.nspname, c.relname, a.attname
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
WHERE NOT c.relispartition AND k.place <= i.indnkeyatts AND (i.indisprimary OR i.indisreplident AND NOT EXISTS (
    SELECT FROM pg_index p WHERE p.indrelid = c.oid AND p.indisprimary))
ORDER BY 1, 2, k.place)sql";

constexpr const char* partitions_query = R"sql(
SELECT n.nspname, c.relname, rn.nspname, r.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class r ON r.oid = pg_partition_root(c.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.relispartition AND c.relkind IN ('r', 'p'))sql";

}  // namespace

std::string OracleTable::sql() const {
    return quote_identifier(name.schema) + "." + quote_identifier(name.name);
}

std::optional<std::size_t> OracleTable::column(const std::string& wanted) const {
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (columns[i].name == wanted) return i;
    return std::nullopt;
}

SourceTables::SourceTables(pqxx::nontransaction& session) {
    read_columns(session);
    read_keys(session);
    read_partitions(session);
}

void SourceTables::read_columns(pqxx::nontransaction& session) {
    for (const auto& row : session.exec(columns_query)) {
        const DecodedName name{row[0].c_str(), row[1].c_str()};
        if (tables_.empty() || tables_.back().name != name) {
            owners_[name] = tables_.size();
            tables_.push_back({.name = name, .columns = {}, .sql_types = {}, .key = {}});
        }
        OracleTable& table = tables_.back();
        table.columns.push_back({row[2].c_str(), row[3].c_str(), row[4].c_str()});
        table.sql_types.emplace_back(row[5].c_str());
        table.full = row[6].as<bool>();
    }
}

void SourceTables::read_keys(pqxx::nontransaction& session) {
    for (const auto& row : session.exec(keys_query)) {
        const auto owner = owners_.find({row[0].c_str(), row[1].c_str()});
        if (owner == owners_.end()) continue;
        OracleTable& table = tables_[owner->second];
        if (const auto column = table.column(row[2].c_str())) table.key.push_back(*column);
    }
}

void SourceTables::read_partitions(pqxx::nontransaction& session) {
    for (const auto& row : session.exec(partitions_query)) {
        const auto root = owners_.find({row[2].c_str(), row[3].c_str()});
        if (root != owners_.end()) owners_[{row[0].c_str(), row[1].c_str()}] = root->second;
    }
}

std::size_t SourceTables::index_of(const std::string& table) const {
    for (std::size_t i = 0; i < tables_.size(); ++i)
        if (tables_[i].text() == table) return i;
    throw std::runtime_error("the source has no table " + table);
}

std::optional<std::size_t> SourceTables::owner(const DecodedName& name) const {
    const auto found = owners_.find(name);
    return found == owners_.end() ? std::nullopt : std::optional(found->second);
}

void set_oracle_session(pqxx::nontransaction& session) {
    session.exec(
        "SET datestyle = ISO; SET intervalstyle = postgres; SET extra_float_digits = 3; SET timezone = 'UTC';"
        "SET bytea_output = hex; SET lc_monetary = 'C'; SET statement_timeout = 0; SET search_path = ''; SET "
        "jit = off");
}

}  // namespace walferry::testing
