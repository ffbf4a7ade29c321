#include "tests/integration/canonical_text.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "model/quote.h"

namespace walferry::testing {
namespace {

using fmt::literals::operator""_a;

/// {v} stands for the value. Types without an entry print PostgreSQL's text form on both sides.
struct Form {
    const char* type;
    const char* postgres;
    const char* duckdb;
};

constexpr const char* postgres_instant =
    "CASE WHEN isfinite({v}) THEN (extract(epoch FROM {v}) * 1000000)::bigint::text ELSE {v}::text END";
constexpr const char* duckdb_instant =
    "CASE WHEN isfinite({v}) THEN CAST(epoch_us({v}) AS VARCHAR) ELSE CAST({v} AS VARCHAR) END";

constexpr std::array forms = {
    Form{"bool", "{v}::text", "CAST({v} AS VARCHAR)"},
    Form{"bytea", "encode({v}, 'hex')", "lower(hex({v}))"},
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

}  // namespace

std::string postgres_canonical(const SourceValueType& column) {
    const std::string name = quote_identifier(column.name);
    if (column.element_type.empty()) {
        const Form* form = form_of(column.type);
        if (form) return nullable(form->postgres, name);
        return name;
    }
    const Form* form = form_of(column.element_type);
    const std::string element = form ? fmt::format(fmt::runtime(form->postgres), "v"_a = "e") : "e::text";
    return fmt::format(
        "CASE WHEN {0} IS NULL THEN NULL ELSE '[' || coalesce((SELECT string_agg(CASE WHEN e IS NULL THEN "
        "{2} ELSE {1} END, {3} "
        "ORDER BY o) FROM unnest({0}) WITH ORDINALITY AS u(e, o)), '') || ']' END",
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
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (row[i] && is_float(columns[i].type)) row[i] = float_by_bits(*row[i], columns[i].type == "float4");
}

}  // namespace walferry::testing
