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

/// Walferry's own columns with their types in PostgreSQL and DuckDB.
struct OwnColumn {
    const char* name;
    const char* postgres_type;
    const char* duckdb_type;
    Encoding encoding;
};

constexpr const char* timestamptz_postgres = "timestamp with time zone";
constexpr const char* timestamptz_duckdb = "TIMESTAMP WITH TIME ZONE";

std::vector<OwnColumn> upsert_columns(bool soft, bool metadata) {
    std::vector<OwnColumn> columns;
    if (soft) columns.push_back({deleted_column, "boolean", "BOOLEAN", Encoding::Bool});
    if (!metadata) return columns;
    columns.push_back({lsn_column, "pg_lsn", "UBIGINT", Encoding::Int8});
    columns.push_back({synced_at_column, timestamptz_postgres, timestamptz_duckdb, Encoding::Timestamp});
    return columns;
}

std::vector<OwnColumn> history_columns(const HistoryNames& names) {
    return {{names.valid_from.c_str(), timestamptz_postgres, timestamptz_duckdb, Encoding::Timestamp},
            {names.valid_to.c_str(), timestamptz_postgres, timestamptz_duckdb, Encoding::Timestamp},
            {names.is_current.c_str(), "boolean", "BOOLEAN", Encoding::Bool},
            {lsn_column, "pg_lsn", "UBIGINT", Encoding::Int8}};
}

std::vector<OwnColumn> log_columns(bool from_kafka) {
    std::vector<OwnColumn> columns{
        {"_op", "text", "VARCHAR", Encoding::Text},
        {"_lsn", "pg_lsn", "UBIGINT", Encoding::Int8},
        {"_seq", "bigint", "BIGINT", Encoding::Int8},
        {"_commit_ts", timestamptz_postgres, timestamptz_duckdb, Encoding::Timestamp},
        {"_xid", "bigint", "BIGINT", Encoding::Int8},
        {"_old_key", "json", "JSON", Encoding::Text}};
    if (from_kafka) {
        columns.push_back({"_topic", "text", "VARCHAR", Encoding::Text});
        columns.push_back({"_partition", "integer", "INTEGER", Encoding::Int4});
        columns.push_back({"_offset", "bigint", "BIGINT", Encoding::Int8});
    }
    columns.push_back({"_unchanged", "json", "JSON", Encoding::Text});
    return columns;
}

std::vector<OwnColumn> own_columns(const SourceTable& source, const TableRule& rule,
                                   const TargetConfig& target) {
    switch (target.mode) {
        case TableMode::Upsert:
            return upsert_columns(rule.on_delete == OnDelete::Soft, rule.metadata);
        case TableMode::Scd2:
            return history_columns(target.names);
        case TableMode::Append:
            return log_columns(source.from_kafka);
    }
    return {};
}

Result<std::vector<std::size_t>> tracked_positions(const TablePlan& plan, const TargetConfig& target) {
    std::vector<std::size_t> tracked;
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        const std::string& name = plan.source.columns[plan.source_index[i]].name;
        const bool listed = std::find(target.track.begin(), target.track.end(), name) != target.track.end();
        const bool dropped = plan.source.columns[plan.source_index[i]].dropped;
        if (!dropped && (target.track.empty() || listed)) tracked.push_back(i);
    }
    if (target.track.empty() || tracked.size() == target.track.size()) return tracked;
    for (const std::string& name : target.track) {
        const bool known = std::any_of(plan.source.columns.begin(), plan.source.columns.end(),
                                       [&](const SourceColumn& column) { return column.name == name; });
        if (known) continue;
        return Error{ErrorKind::Schema,
                     fmt::format("{}: track: there is no column {}", plan.source.qualified_name(), name),
                     "name columns of the table in `track:`, then `walferry check`", ""};
    }
    return tracked;
}

Error needs_key(const SourceTable& source, std::string_view what) {
    return Error{ErrorKind::Schema,
                 fmt::format("{} has no key, which {} needs", source.qualified_name(), what),
                 "give the table a primary key, or name NOT NULL columns that identify a row in `key:`; then "
                 "`walferry check`",
                 ""};
}

/// A table that has one column without a portable binary form is loaded as text, all of it.
void choose_format(TablePlan& plan) {
    const bool binary = std::all_of(plan.columns.begin(), plan.columns.end(),
                                    [](const TargetColumn& column) { return column.binary_loadable; });
    if (binary) return;
    plan.format = LoadFormat::Text;
    for (TargetColumn& column : plan.columns) {
        const bool json = column.encoding.kind == Encoding::ArrayJsonb;
        column.encoding =
            json ? ColumnEncoding{Encoding::ArrayJson, Encoding::Text, column.encoding.element_oid}
                 : ColumnEncoding{};
    }
}

/// The rules of the columns that the table has.
Result<ColumnRules> column_rules(const SourceTable& source, const ColumnRules& configured,
                                 const std::vector<std::uint16_t>& key) {
    std::vector<std::string> names;
    for (const SourceColumn& column : source.columns) names.push_back(column.dropped ? "" : column.name);
    ColumnRules rules = configured.among(names);
    if (rules.excluded.size() == names.size() && !names.empty()) {
        return Error{ErrorKind::Schema,
                     fmt::format("{}: exclude_columns names all of its columns", source.qualified_name()),
                     "leave one out of the list, or the table out of the rule", ""};
    }
    for (const std::uint16_t index : key) {
        const ColumnRule rule = rules.of(names[index]);
        if (rule != ColumnRule::Exclude && rule != ColumnRule::Mask) continue;
        const bool excluded = rule == ColumnRule::Exclude;
        return Error{ErrorKind::Schema,
                     fmt::format("{}: column {} is {}, but the target tells rows apart by it",
                                 source.qualified_name(), names[index], excluded ? "excluded" : "masked"),
                     fmt::format("take it out of {}; hash_columns may name it",
                                 excluded ? "exclude_columns" : "mask_columns"),
                     ""};
    }
    return rules;
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
        const auto column = std::find_if(
            source.columns.begin(), source.columns.end(),
            [&](const SourceColumn& candidate) { return !candidate.dropped && candidate.name == name; });
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

Result<TablePlan> make_table_plan(const SourceTable& source, const TableRule& rule,
                                  const TargetConfig& target, TargetName name, WarehouseKind kind,
                                  std::vector<TargetColumn> mapped) {
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
    if (key.empty() && target.mode == TableMode::Scd2) return needs_key(source, "a history (scd2)");
    if (key.empty() && target.mode == TableMode::Upsert && rule.on_delete != OnDelete::Hard)
        return needs_key(source, "on_delete: soft or ignore");
    WALFERRY_TRY(rules, column_rules(source, rule.columns, key));
    TablePlan plan;
    plan.source = source;
    plan.column_rules = std::move(rules);
    plan.configured_rules = rule.columns;
    plan.contract = rule.contract;
    plan.target = std::move(name);
    plan.mode = target.mode;
    plan.kind = kind;
    plan.metadata = rule.metadata;
    plan.on_delete = rule.on_delete;
    plan.applies_truncate = rule.applies_truncate;
    plan.valid_from_beginning = target.valid_from_beginning;
    plan.key_count = key.size();
    plan.source_index = key;
    const auto columns = static_cast<std::uint16_t>(source.columns.size());  // 1,600 at most
    for (std::uint16_t i = 0; i < columns; ++i) {
        const bool excluded = plan.column_rules.excludes(source.columns[i].name);
        if (excluded && !source.columns[i].dropped) continue;
        if (std::find(key.begin(), key.end(), i) == key.end()) plan.source_index.push_back(i);
    }
    for (const std::uint16_t index : plan.source_index) plan.columns.push_back(std::move(mapped[index]));
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        const bool in_key = i < plan.key_count;
        // A log has rows without values; and nothing tells in time that the source lets a column be NULL now.
        plan.columns[i].not_null = target.mode != TableMode::Append && in_key;
    }
    if (target.mode == TableMode::Scd2) {
        WALFERRY_TRY(tracked, tracked_positions(plan, target));
        plan.tracked = std::move(tracked);
    }
    for (const OwnColumn& own : own_columns(source, rule, target)) {
        TargetColumn column;
        column.name = own.name;
        column.sql_type = kind == WarehouseKind::DuckDb ? own.duckdb_type : own.postgres_type;
        column.encoding.kind = own.encoding;
        plan.columns.push_back(std::move(column));
    }
    choose_format(plan);
    return plan;
}

std::vector<std::string> own_column_names(const SourceTable& source, const TableRule& rule,
                                          const TargetConfig& target) {
    std::vector<std::string> names;
    for (const OwnColumn& own : own_columns(source, rule, target)) names.push_back(own.name);
    return names;
}

std::string create_table_sql(const TablePlan& plan) {
    std::vector<std::string> data(plan.source.columns.size()), own;
    const auto declare = [](const TargetColumn& column) {
        return fmt::format("{} {}{}", quote_identifier(column.name), column.sql_type,
                           column.not_null ? " NOT NULL" : "");
    };
    for (std::size_t i = 0; i < plan.data_count(); ++i) data[plan.source_index[i]] = declare(plan.columns[i]);
    for (std::size_t i = plan.data_count(); i < plan.columns.size(); ++i)
        own.push_back(declare(plan.columns[i]));
    std::erase(data, "");  // columns that the target does not take
    const bool own_first = plan.mode == TableMode::Append;
    std::vector<std::string>& columns = own_first ? own : data;
    const std::vector<std::string>& rest = own_first ? data : own;
    columns.insert(columns.end(), rest.begin(), rest.end());
    return fmt::format("CREATE TABLE {} ({})", to_sql(plan.target), fmt::join(columns, ", "));
}

std::vector<KeyIndex> key_indexes(const TablePlan& plan) {
    if (plan.kind != WarehouseKind::Postgres || !plan.has_key()) return {};
    std::vector<std::string> names;
    for (std::size_t i = 0; i < plan.key_count; ++i) names.push_back(quote_identifier(plan.columns[i].name));
    const std::string key = fmt::format("{}", fmt::join(names, ", "));
    const std::string target = to_sql(plan.target);
    if (plan.mode == TableMode::Upsert)
        return {{"", fmt::format("ALTER TABLE {} ADD PRIMARY KEY ({})", target, key)}};
    const std::string name = fmt::format("walferry_{}_{}_key", plan.source.id, plan.number);
    if (plan.mode == TableMode::Append)
        return {{name, fmt::format("CREATE INDEX {} ON {} ({}, _lsn)", quote_identifier(name), target, key)}};
    const std::string current = quote_identifier(plan.own_column(history_place::is_current).name);
    return {{name, fmt::format("CREATE UNIQUE INDEX {} ON {} ({}) WHERE {}", quote_identifier(name), target,
                               key, current)}};
}

}  // namespace walferry
