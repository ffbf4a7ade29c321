#include "apply/table_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/quote.h"

namespace walferry {

namespace {

Error unusable_key(const SourceTable& source, const std::string& what) {
    return Error{ErrorKind::Schema, fmt::format("{}: key: {}", source.qualified_name(), what),
                 "name NOT NULL columns of the table in `key:`, then `walferry check`", ""};
}

TargetColumn metadata_column(const char* name, const char* sql_type, Encoding encoding) {
    TargetColumn column;
    column.name = name;
    column.sql_type = sql_type;
    column.encoding.kind = encoding;
    return column;
}

void add_metadata(TablePlan& plan) {
    const bool duckdb = plan.kind == WarehouseKind::DuckDb;
    plan.columns.push_back(metadata_column(lsn_column, duckdb ? "UBIGINT" : "pg_lsn", Encoding::Int8));
    plan.columns.push_back(metadata_column(synced_at_column,
                                           duckdb ? "TIMESTAMP WITH TIME ZONE" : "timestamp with time zone",
                                           Encoding::Timestamp));
}

/// A table that has one column without a portable binary form is loaded as text, all of it.
void choose_format(TablePlan& plan) {
    const bool binary = std::all_of(plan.columns.begin(), plan.columns.end(),
                                    [](const TargetColumn& column) { return column.binary_loadable; });
    if (binary) return;
    plan.format = LoadFormat::Text;
    for (TargetColumn& column : plan.columns) column.encoding = ColumnEncoding{};
}

std::vector<std::uint16_t> indices_where(const SourceTable& source, bool SourceColumn::*flag) {
    std::vector<std::uint16_t> indices;
    for (std::size_t i = 0; i < source.columns.size(); ++i) {
        if (source.columns[i].*flag) indices.push_back(static_cast<std::uint16_t>(i));
    }
    return indices;
}

}  // namespace

Result<std::vector<std::uint16_t>> choose_key(const SourceTable& source,
                                              const std::vector<std::string>& configured) {
    if (configured.empty()) {
        if (source.identity == ReplicaIdentity::Index)
            return indices_where(source, &SourceColumn::in_identity);
        return indices_where(source, &SourceColumn::in_primary_key);
    }
    std::vector<std::uint16_t> key;
    for (const std::string& name : configured) {
        const auto column =
            std::find_if(source.columns.begin(), source.columns.end(),
                         [&](const SourceColumn& candidate) { return candidate.name == name; });
        if (column == source.columns.end())
            return unusable_key(source, fmt::format("there is no published column {}", name));
        if (!column->not_null) return unusable_key(source, fmt::format("column {} can be NULL", name));
        if (source.identity != ReplicaIdentity::Full && !column->in_identity) {
            return unusable_key(
                source,
                fmt::format("column {} is not in the replica identity, so a DELETE does not carry it", name));
        }
        key.push_back(static_cast<std::uint16_t>(column - source.columns.begin()));
    }
    // Part of a key does not tell rows apart.
    const auto whole =
        indices_where(source, source.identity == ReplicaIdentity::Full ? &SourceColumn::in_primary_key
                                                                       : &SourceColumn::in_identity);
    for (const std::uint16_t index : whole) {
        if (std::find(key.begin(), key.end(), index) != key.end()) continue;
        return unusable_key(
            source, fmt::format("it lacks column {} of the source's key", source.columns[index].name));
    }
    return key;
}

Result<TablePlan> make_table_plan(const SourceTable& source, const TableRule& rule, TargetName target,
                                  WarehouseKind kind, std::vector<TargetColumn> mapped) {
    WALFERRY_TRY(key, choose_key(source, rule.key));
    if (key.empty() && source.identity != ReplicaIdentity::Full) {
        return Error{
            ErrorKind::Schema,
            fmt::format("{} has no key among its published columns and its replica identity is not FULL",
                        source.qualified_name()),
            fmt::format(
                "ALTER TABLE {}.{} REPLICA IDENTITY FULL, or publish its key columns; then `walferry check`",
                quote_identifier(source.schema), quote_identifier(source.name)),
            ""};
    }
    TablePlan plan;
    plan.source = source;
    plan.target = std::move(target);
    plan.kind = kind;
    plan.metadata = rule.metadata;
    plan.key_count = key.size();
    plan.source_index = key;
    const auto columns = static_cast<std::uint16_t>(source.columns.size());  // 1,600 at most
    for (std::uint16_t i = 0; i < columns; ++i) {
        if (std::find(key.begin(), key.end(), i) == key.end()) plan.source_index.push_back(i);
    }
    for (const std::uint16_t index : plan.source_index) plan.columns.push_back(std::move(mapped[index]));
    for (std::size_t i = 0; i < plan.key_count; ++i) plan.columns[i].not_null = true;
    if (plan.metadata) add_metadata(plan);
    choose_format(plan);
    return plan;
}

std::string create_table_sql(const TablePlan& plan) {
    std::vector<std::string> columns(plan.source.columns.size());
    const auto declare = [](const TargetColumn& column) {
        return fmt::format("{} {}{}", quote_identifier(column.name), column.sql_type,
                           column.not_null ? " NOT NULL" : "");
    };
    for (std::size_t i = 0; i < plan.data_count(); ++i)
        columns[plan.source_index[i]] = declare(plan.columns[i]);
    for (std::size_t i = plan.data_count(); i < plan.columns.size(); ++i)
        columns.push_back(declare(plan.columns[i]));
    return fmt::format("CREATE TABLE {} ({})", to_sql(plan.target), fmt::join(columns, ", "));
}

std::string add_primary_key_sql(const TablePlan& plan) {
    if (plan.kind != WarehouseKind::Postgres || !plan.has_key()) return {};
    std::vector<std::string> names;
    for (std::size_t i = 0; i < plan.key_count; ++i) names.push_back(quote_identifier(plan.columns[i].name));
    return fmt::format("ALTER TABLE {} ADD PRIMARY KEY ({})", to_sql(plan.target), fmt::join(names, ", "));
}

}  // namespace walferry
