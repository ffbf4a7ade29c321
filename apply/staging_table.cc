#include "apply/staging_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apply/row_fields.h"
#include "model/quote.h"

namespace walferry {

TargetName staging_name(const TablePlan& plan, const char* purpose) {
    const std::string name = fmt::format("_walferry_{}_{}_{}", purpose, plan.source.id, plan.number);
    if (plan.kind == WarehouseKind::DuckDb) return {"temp", "main", name};
    return {"", "pg_temp", name};
}

StagingTable staging_table(const TablePlan& plan, const char* purpose, std::vector<TargetColumn> columns) {
    return {staging_name(plan, purpose), std::move(columns)};
}

TargetColumn staging_column(const TablePlan& plan, std::string name, const char* sql_type,
                            Encoding encoding) {
    TargetColumn column;
    column.name = std::move(name);
    column.sql_type = sql_type;
    if (plan.format == LoadFormat::Binary) column.encoding.kind = encoding;
    return column;
}

void add_staged_columns(std::vector<TargetColumn>& to, const TablePlan& plan, std::size_t count,
                        char letter) {
    for (std::size_t i = 0; i < count; ++i) {
        TargetColumn column = plan.columns[i];
        column.name = fmt::format("{}{}", letter, i);
        column.not_null = false;
        to.push_back(std::move(column));
    }
}

std::string target_column(const TablePlan& plan, std::size_t position) {
    return quote_identifier(plan.columns[position].name);
}

std::string key_match(const TablePlan& plan, char letter) {
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < plan.key_count; ++i) {
        terms.push_back(fmt::format("t.{} = s.{}{}", target_column(plan, i), letter, i));
    }
    return fmt::format("{}", fmt::join(terms, " AND "));
}

std::string staged_list(std::size_t count, std::string_view prefix) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("{}{}", prefix, i));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string staged_match(const TablePlan& plan, std::string_view left, std::string_view right) {
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < plan.key_count; ++i)
        terms.push_back(fmt::format("{0}{2} = {1}{2}", left, right, i));
    return fmt::format("{}", fmt::join(terms, " AND "));
}

std::string fill_staged_sql(const TablePlan& plan, const TargetName& staging,
                            const std::vector<std::size_t>& columns, const std::string& condition) {
    std::vector<std::string> terms;
    for (const std::size_t i : columns) terms.push_back(fmt::format("c{} = t.{}", i, target_column(plan, i)));
    return fmt::format("UPDATE {} AS s SET {} FROM {} AS t WHERE {}", to_sql(staging), fmt::join(terms, ", "),
                       to_sql(plan.target), condition);
}

std::string create_staging_sql(const TablePlan& plan, const std::vector<StagingTable>& tables) {
    std::string sql;
    for (const StagingTable& table : tables) {
        std::vector<std::string> declared;
        for (const TargetColumn& column : table.columns)
            declared.push_back(column.name + " " + column.sql_type);
        const std::string name = quote_identifier(table.name.table);
        const std::string columns = fmt::format("{}", fmt::join(declared, ", "));
        if (plan.kind == WarehouseKind::DuckDb) {
            sql += fmt::format("CREATE OR REPLACE TEMP TABLE {} ({});\n", name, columns);
        } else {
            sql += fmt::format("CREATE TEMP TABLE IF NOT EXISTS {} ({}) ON COMMIT DELETE ROWS;\n", name,
                               columns);
        }
    }
    return sql;
}

std::string clear_staging_sql(const TablePlan& plan, const std::vector<StagingTable>& tables) {
    if (plan.kind == WarehouseKind::DuckDb) return create_staging_sql(plan, tables);
    std::vector<std::string> names;
    for (const StagingTable& table : tables) names.push_back(to_sql(table.name));
    return fmt::format("TRUNCATE {}", fmt::join(names, ", "));
}

Status Staging::prepare(const TablePlan& plan, const std::vector<StagingTable>& tables) {
    const std::string& id = tables.front().name.table;
    const std::string create = create_staging_sql(plan, tables);
    if (plan.kind == WarehouseKind::DuckDb) return session_.execute(create);
    const auto known = made_.find(id);
    if (known == made_.end() || known->second.sql != create) {
        if (known != made_.end()) {
            WALFERRY_TRYV(drop(tables));
        }
        WALFERRY_TRYV(session_.execute(create));
        made_[id] = {create, ++generation_};
    } else if (used_.contains(id)) {
        WALFERRY_TRYV(session_.execute(clear_staging_sql(plan, tables)));
    }
    used_.insert(id);
    return success();
}

Status Staging::drop(const std::vector<StagingTable>& tables) {
    for (const StagingTable& table : tables) {
        WALFERRY_TRYV(session_.execute("DROP TABLE IF EXISTS " + to_sql(table.name)));
    }
    return success();
}

/// What was made since is gone, or is again what it was before: whichever, it is made anew.
void Staging::back_to(const Mark& mark) {
    for (auto& [id, made] : made_) {
        if (made.generation > mark.generation) made.sql.clear();
    }
    used_ = mark.used;
}

Error values_missing(const TablePlan& plan) {
    return Error{
        ErrorKind::Data,
        plan.source.qualified_name() +
            ": the event builds on a row that the target does not have: on its unchanged values (TOAST), or "
            "without a key on the whole of it",
        "", ""};
}

Error rows_missing(const TablePlan& plan, std::uint64_t wanted, std::uint64_t found) {
    if (plan.source.from_kafka) return values_missing(plan);
    return Error{
        ErrorKind::Refused,
        fmt::format("the stream changes {} rows of which the target {} has {}: it is not what "
                    "walferry left there",
                    wanted, to_string(plan.target), found),
        fmt::format("somebody else changed the target; `walferry resync CONFIG {}` makes it equal again, "
                    "then `walferry run CONFIG`",
                    plan.source.qualified_name()),
        ""};
}

std::vector<std::size_t> unchanged_columns(std::string_view row) {
    std::vector<std::size_t> columns;
    FieldWalker walker(row);
    for (std::size_t i = 0; !walker.done(); ++i) {
        if (field_length(walker.next()) == unchanged_length) columns.push_back(i);
    }
    return columns;
}

void append_without_unchanged(std::string& to, std::string_view fields) {
    FieldWalker walker(fields);
    while (!walker.done()) {
        const std::string_view field = walker.next();
        if (field_length(field) != unchanged_length) {
            to.append(field);
            continue;
        }
        append_null(to);
    }
}

}  // namespace walferry
