#include "tests/integration/canonical_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "model/quote.h"

namespace walferry::testing {
namespace {

using fmt::literals::operator""_a;

/// {v} stands for the value. Types without an entry print PostgreSQL's text form on both sides, as do those
/// without `postgres` there.
struct Form {
    const char* type;
    const char* postgres;
    const char* duckdb;
};

constexpr const char* postgres_instant =
    "CASE WHEN isfinite({v}) THEN trunc(extract(epoch FROM {v}) * 1000000)::text ELSE {v}::text END";
constexpr const char* duckdb_instant =
    "CASE WHEN isfinite({v}) THEN CAST(epoch_us({v}) AS VARCHAR) ELSE CAST({v} AS VARCHAR) END";

constexpr std::array forms = {
    Form{"bool", "{v}::text", "CAST({v} AS VARCHAR)"},
    Form{"bytea", "encode({v}, 'hex')", "lower(hex({v}))"},
    Form{"numeric", nullptr, "regexp_replace(CAST({v} AS VARCHAR), '^(-?)\\.', '\\10.')"},
    Form{"money", "{v}::numeric::text", "CAST({v} AS VARCHAR)"},
    Form{"date", "CASE WHEN isfinite({v}) THEN ({v} - date '1970-01-01')::text ELSE {v}::text END",
         "CASE WHEN isfinite({v}) THEN CAST(date_diff('day', DATE '1970-01-01', {v}) AS VARCHAR) "
         "ELSE CAST({v} AS VARCHAR) END"},
    Form{"timestamp", postgres_instant, duckdb_instant},
    Form{"timestamptz", postgres_instant, duckdb_instant},
    Form{"interval",
         "concat_ws('/', extract(year FROM {v}) * 12 + extract(month FROM {v}), extract(day FROM {v}), "
         "(extract(hour FROM {v}) * 3600000000 + extract(minute FROM {v}) * 60000000 "
         "+ extract(microseconds FROM {v}))::bigint)",
         "concat_ws('/', datepart('year', {v}) * 12 + datepart('month', {v}), datepart('day', {v}), "
         "datepart('hour', {v}) * 3600000000 + datepart('minute', {v}) * 60000000 "
         "+ datepart('microsecond', {v}))"}};

const Form* form_of(const std::string& type) {
    for (const Form& form : forms)
        if (type == form.type) return &form;
    return nullptr;
}

std::string nullable(const char* expression, const std::string& name) {
    return fmt::format("CASE WHEN {} IS NULL THEN NULL ELSE {} END", name,
                       fmt::format(fmt::runtime(expression), "v"_a = name));
}

bool is_float(const std::string& type) {
    return type == "float4" || type == "float8";
}

/// A missing value inside an array, and what stands between two elements.
constexpr const char* null_mark = "chr(1)";
constexpr const char* separator = "chr(2)";

std::string float_by_bits(const std::string& text, bool single) {
    const double value =
        single ? static_cast<double>(std::strtof(text.c_str(), nullptr)) : std::strtod(text.c_str(), nullptr);
    return value != value ? "nan" : fmt::format("{:a}", value);
}

/// The same for what stands between brackets, null marks and separators.
std::string floats_by_bits(const std::string& text, bool single) {
    constexpr std::string_view marks("[\1\2]", 4);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(marks, at), text.size());
        if (end > at) out += float_by_bits(text.substr(at, end - at), single);
        if (end < text.size()) out += text[end];
        at = end + 1;
    }
    return out;
}

}  // namespace

const char* const value_type_sql = R"sql(
(WITH RECURSIVE column_type AS (
    SELECT * FROM pg_type WHERE oid = a.atttypid
    UNION ALL SELECT t.* FROM column_type d JOIN pg_type t ON t.oid = d.typbasetype),
element_type AS (
    SELECT e.* FROM column_type t JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
    UNION ALL SELECT t.* FROM element_type d JOIN pg_type t ON t.oid = d.typbasetype)
SELECT CASE WHEN stored.as_text THEN 'text' ELSE t.typname END AS typname,
    CASE WHEN stored.as_text THEN '' ELSE coalesce(e.typname, '') END AS element,
    format_type(t.oid, -1) AS sql_type
FROM column_type t LEFT JOIN element_type e ON e.typtype <> 'd'
CROSS JOIN (SELECT coalesce(col_description(c.oid, a.attnum), '') = 'text form' AS as_text) AS stored
WHERE t.typtype <> 'd') AS value_type)sql";

std::string postgres_canonical(const SourceValueType& column) {
    const std::string name = quote_identifier(column.name);
    if (column.element_type.empty()) {
        const Form* form = form_of(column.type);
        if (form && form->postgres) return nullable(form->postgres, name);
        return name;
    }
    const Form* form = form_of(column.element_type);
    const std::string element =
        form && form->postgres ? fmt::format(fmt::runtime(form->postgres), "v"_a = "e") : "format('%s', e)";
    // Written so, the test for NULL is not about the fields of a composite value.
    return fmt::format(
        "CASE WHEN {0} IS NULL THEN NULL WHEN array_ndims({0}) > 1 OR array_lower({0}, 1) <> 1 THEN "
        "'shaped ' || {0}::text ELSE '[' || coalesce((SELECT string_agg(CASE WHEN e IS NOT DISTINCT FROM "
        "NULL THEN {2} ELSE {1} END, {3} ORDER BY o) "
        "FROM (SELECT ({0})[o] AS e, o FROM generate_subscripts({0}, 1) AS o) AS u), '') || ']' END",
        name, element, null_mark, separator);
}

std::string duckdb_canonical(const SourceValueType& column) {
    const std::string name = quote_identifier(column.name);
    if (column.element_type.empty()) {
        const Form* form = form_of(column.type);
        if (form) return nullable(form->duckdb, name);
        return name;
    }
    const Form* form = form_of(column.element_type);
    const std::string element =
        form ? fmt::format(fmt::runtime(form->duckdb), "v"_a = "e") : "CAST(e AS VARCHAR)";
    return fmt::format(
        "CASE WHEN {0} IS NULL THEN NULL ELSE '[' || coalesce(array_to_string(list_transform({0}, lambda e: "
        "CASE WHEN "
        "e IS NULL THEN {2} ELSE {1} END), {3}), '') || ']' END",
        name, element, null_mark, separator);
}

void normalise_floats(const std::vector<SourceValueType>& columns,
                      std::vector<std::optional<std::string>>& row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!row[i]) continue;
        if (is_float(columns[i].type)) row[i] = float_by_bits(*row[i], columns[i].type == "float4");
        if (is_float(columns[i].element_type))
            row[i] = floats_by_bits(*row[i], columns[i].element_type == "float4");
    }
}

}  // namespace walferry::testing
