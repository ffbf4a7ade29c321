#include "apply/schema/type_widening.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace walferry {

namespace {

/// `numeric(10,2)` as a name and its numbers.
struct SqlType {
    std::string_view name;
    std::optional<int> first, second;
};

SqlType split(std::string_view text) {
    SqlType type{text.substr(0, text.find('(')), {}, {}};
    if (type.name.size() == text.size()) return type;
    const char* at = text.data() + type.name.size() + 1;
    const char* const end = text.data() + text.size();
    int number = 0;
    auto read = std::from_chars(at, end, number);
    if (read.ec != std::errc{}) return {text, {}, {}};
    type.first = number;
    if (read.ptr != end && *read.ptr == ',') {
        read = std::from_chars(read.ptr + 1, end, number);
        if (read.ec == std::errc{}) type.second = number;
    }
    return type;
}

struct Integer {
    std::string_view postgres, duckdb;
    int digits;
};
constexpr std::array<Integer, 3> integers{
    {{"smallint", "SMALLINT", 5}, {"integer", "INTEGER", 10}, {"bigint", "BIGINT", 19}}};

int integer_digits(std::string_view name) {
    const auto found = std::find_if(integers.begin(), integers.end(), [&](const Integer& integer) {
        return integer.postgres == name || integer.duckdb == name;
    });
    return found == integers.end() ? 0 : found->digits;
}

bool is_decimal(const SqlType& type) {
    return type.name == "numeric" || type.name == "DECIMAL";
}

/// Digits before the point that a decimal type has room for; -1: any number.
int whole_digits(const SqlType& type) {
    return type.first ? *type.first - type.second.value_or(0) : -1;
}

bool decimal_widens(const SqlType& from, const SqlType& to) {
    if (!to.first) return true;
    if (!from.first) return false;
    return to.second.value_or(0) >= from.second.value_or(0) && whole_digits(to) >= whole_digits(from);
}

bool is_text(const SqlType& type) {
    return type.name == "text" || (type.name == "character varying" && !type.first);
}

bool text_widens(const SqlType& from, const SqlType& to) {
    if (from.name != "character varying") return false;
    return to.name == from.name && from.first && to.first && *to.first >= *from.first;
}

/// Types whose VARCHAR form in DuckDB is what PostgreSQL prints of them.
bool prints_alike(const SqlType& type) {
    constexpr std::array<std::string_view, 4> names{"BOOLEAN", "UUID", "JSON", "UINTEGER"};
    return integer_digits(type.name) != 0 || is_decimal(type) ||
           std::find(names.begin(), names.end(), type.name) != names.end();
}

}  // namespace

bool widens(WarehouseKind kind, const std::string& from_text, const std::string& to_text) {
    if (from_text == to_text) return true;
    const bool arrays = from_text.ends_with("[]") && to_text.ends_with("[]");
    if (arrays) {
        return widens(kind, from_text.substr(0, from_text.size() - 2), to_text.substr(0, to_text.size() - 2));
    }
    const SqlType from = split(from_text), to = split(to_text);
    // The source does that cast by the same functions.
    if (kind == WarehouseKind::Postgres && is_text(to)) return true;
    if (kind == WarehouseKind::DuckDb && to_text == "VARCHAR") return prints_alike(from);
    const int digits = integer_digits(from.name);
    if (digits != 0 && integer_digits(to.name) >= digits) return true;
    if (digits != 0 && is_decimal(to)) return !to.first || whole_digits(to) >= digits;
    if (is_decimal(from) && is_decimal(to)) return decimal_widens(from, to);
    if (from_text == "real" && to_text == "double precision") return true;
    if (from_text == "FLOAT" && to_text == "DOUBLE") return true;
    return text_widens(from, to);
}

}  // namespace walferry
