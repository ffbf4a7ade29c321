#include "tests/integration/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "model/quote.h"
#include "tests/integration/canonical_text.h"

namespace walferry::testing {
namespace {

constexpr std::size_t rows_shown_max = 5;

struct Table {
    std::string schema;
    std::string name;
    std::vector<SourceValueType> columns;

    std::string sql() const { return quote_identifier(schema) + "." + quote_identifier(name); }
};

/// What a warehouse is asked for: its columns' names in order, and rows of given columns.
struct WarehouseReader {
    std::function<std::vector<std::string>(const Table&)> columns;
    std::function<Rows(const Table&)> rows;
    bool canonical = false;
};

const std::string columns_query = std::string(R"sql(
SELECT n.nspname, c.relname, a.attname, value_type.typname, value_type.element
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
CROSS JOIN LATERAL )sql") + value_type_sql +
                                  R"sql(
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
ORDER BY 1, 2, a.attnum)sql";

std::string text_at(const pqxx::row& row, int column) {
    return row[column].is_null() ? "" : row[column].c_str();
}

std::vector<Table> tables_of(pqxx::nontransaction& session) {
    std::vector<Table> tables;
    for (const auto& row : session.exec(columns_query)) {
        const std::string schema = text_at(row, 0);
        const std::string name = text_at(row, 1);
        if (tables.empty() || tables.back().schema != schema || tables.back().name != name)
            tables.push_back({schema, name, {}});
        tables.back().columns.push_back({text_at(row, 2), text_at(row, 3), text_at(row, 4)});
    }
    return tables;
}

void set_session(pqxx::nontransaction& session) {
    session.exec(
        "SET datestyle = ISO; SET intervalstyle = postgres; SET extra_float_digits = 3; SET timezone = 'UTC';"
        "SET bytea_output = hex; SET lc_monetary = 'C'; SET statement_timeout = 0; SET jit = off");
}

Rows postgres_rows(pqxx::nontransaction& session, const Table& table, bool canonical) {
    std::string list;
    for (const SourceValueType& column : table.columns)
        list += (list.empty() ? "" : ", ") +
                (canonical ? postgres_canonical(column) : quote_identifier(column.name));
    Rows rows;
    for (const auto& found : session.exec("SELECT " + list + " FROM " + table.sql())) {
        Row& row = rows.emplace_back();
        for (const auto& field : found)
            row.push_back(field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str()));
    }
    return rows;
}

std::string printed(const Table& table, const Row& row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
        std::string value = row[i].value_or("NULL");
        if (value.size() > 60) value = fmt::format("{}… ({} bytes)", value.substr(0, 40), value.size());
        text += fmt::format("{}{}={}", i ? ", " : "", table.columns[i].name, value);
    }
    return text;
}

void show(std::string& report, const Table& table, const Rows& rows, const char* what) {
    if (rows.empty()) return;
    report += fmt::format("  {} {} rows:\n", rows.size(), what);
    for (std::size_t i = 0; i < std::min(rows.size(), rows_shown_max); ++i)
        report += "    " + printed(table, rows[i]) + "\n";
}

std::string column_differences(const Table& table, const std::vector<std::string>& present) {
    std::string report;
    for (const SourceValueType& column : table.columns)
        if (std::find(present.begin(), present.end(), column.name) == present.end())
            report += fmt::format("  column {} is missing\n", column.name);
    for (const std::string& name : present) {
        const bool known = std::any_of(table.columns.begin(), table.columns.end(),
                                       [&](const SourceValueType& column) { return column.name == name; });
        if (!known && !name.starts_with("_walferry_")) report += fmt::format("  column {} is extra\n", name);
    }
    return report;
}

std::string table_differences(pqxx::nontransaction& source, const WarehouseReader& warehouse,
                              const Table& table) {
    const std::vector<std::string> present = warehouse.columns(table);
    if (present.empty()) return "  the table is missing\n";
    std::string report = column_differences(table, present);
    if (!report.empty()) return report;

    Rows expected = postgres_rows(source, table, warehouse.canonical);
    Rows actual = warehouse.rows(table);
    for (Rows* rows : {&expected, &actual}) {
        if (warehouse.canonical)
            for (Row& row : *rows) normalise_floats(table.columns, row);
        std::sort(rows->begin(), rows->end());
    }
    Rows missing;
    Rows extra;
    std::set_difference(expected.begin(), expected.end(), actual.begin(), actual.end(),
                        std::back_inserter(missing));
    std::set_difference(actual.begin(), actual.end(), expected.begin(), expected.end(),
                        std::back_inserter(extra));
    if (!missing.empty() || !extra.empty())
        report +=
            fmt::format("  {} rows at the source, {} in the warehouse\n", expected.size(), actual.size());
    show(report, table, missing, "missing");
    show(report, table, extra, "extra");
    return report;
}

std::string all_differences(const PgDatabase& source, const WarehouseReader& warehouse,
                            const std::set<std::string>& left_out) {
    const auto connection = source.cluster.connect(source.name);
    pqxx::nontransaction session(*connection);
    set_session(session);
    std::string report;
    const std::vector<Table> tables = tables_of(session);
    if (tables.empty()) return "the source has no tables\n";
    for (const Table& table : tables) {
        if (left_out.contains(table.schema + "." + table.name)) continue;
        const std::string found = table_differences(session, warehouse, table);
        if (!found.empty()) report += table.schema + "." + table.name + ":\n" + found;
    }
    return report;
}

}  // namespace

std::string differences(const PgDatabase& source, const PgDatabase& warehouse,
                        const std::set<std::string>& left_out) {
    const auto connection = warehouse.cluster.connect(warehouse.name);
    pqxx::nontransaction session(*connection);
    set_session(session);
    WarehouseReader reader;
    reader.columns = [&](const Table& table) {
        std::vector<std::string> names;
        for (const auto& row :
             session.exec("SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped "
                          "AND attrelid = to_regclass(" +
                          quote_literal(table.sql()) + ") ORDER BY attnum"))
            names.emplace_back(row[0].c_str());
        return names;
    };
    reader.rows = [&](const Table& table) { return postgres_rows(session, table, false); };
    return all_differences(source, reader, left_out);
}

std::string differences(const PgDatabase& source, const DuckDbFile& warehouse,
                        const std::set<std::string>& left_out) {
    WarehouseReader reader;
    reader.canonical = true;
    reader.columns = [&](const Table& table) {
        std::vector<std::string> names;
        for (const Row& row : warehouse.rows(
                 "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() "
                 "AND schema_name = " +
                 quote_literal(table.schema) + " AND table_name = " + quote_literal(table.name) +
                 " ORDER BY column_index"))
            names.push_back(row[0].value_or(""));
        return names;
    };
    reader.rows = [&](const Table& table) {
        std::string list;
        for (const SourceValueType& column : table.columns)
            list += (list.empty() ? "" : ", ") + duckdb_canonical(column) + " AS " +
                    quote_identifier(column.name);
        return warehouse.rows("SELECT " + list + " FROM " + table.sql());
    };
    return all_differences(source, reader, left_out);
}

}  // namespace walferry::testing
