#include "pipeline/kafka/target_types.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <string_view>

#include "capture/debezium/built_in_types.h"
#include "model/pg_types.h"

namespace walferry {

namespace {

using debezium::built_in_type;

const std::map<std::string_view, std::uint32_t>& types_by_name() {
    namespace pg = pg_types;
    static const std::map<std::string_view, std::uint32_t> types{
        {"boolean", pg::boolean},
        {"smallint", pg::int2},
        {"tinyint", pg::int2},
        {"utinyint", pg::int2},
        {"integer", pg::int4},
        {"usmallint", pg::int4},
        {"bigint", pg::int8},
        {"uinteger", pg::int8},
        {"ubigint", pg::numeric},
        {"hugeint", pg::numeric},
        {"decimal", pg::numeric},
        {"numeric", pg::numeric},
        {"real", pg::float4},
        {"float", pg::float4},
        {"double", pg::float8},
        {"double precision", pg::float8},
        {"text", pg::text},
        {"varchar", pg::text},
        {"character varying", pg::varchar},
        {"bytea", pg::bytea},
        {"blob", pg::bytea},
        {"date", pg::date},
        {"time", pg::time},
        {"time without time zone", pg::time},
        {"time with time zone", pg::timetz},
        {"timestamp", pg::timestamp},
        {"timestamp without time zone", pg::timestamp},
        {"timestamp with time zone", pg::timestamptz},
        {"interval", pg::interval},
        {"uuid", pg::uuid},
        {"json", pg::json},
        {"jsonb", pg::jsonb},
    };
    return types;
}

/// "numeric(10,2)" as "numeric" and 10, 2; "timestamp(3) without time zone" as what it is called and 3.
struct Parts {
    std::string name;
    std::int32_t first = -1, second = 0;
};

Parts parts_of(const std::string& sql_type) {
    Parts parts;
    std::transform(sql_type.begin(), sql_type.end(), std::back_inserter(parts.name),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    const auto open = parts.name.find('(');
    const auto close = parts.name.find(')', open);
    if (open == std::string::npos || close == std::string::npos) return parts;
    const char* const end = parts.name.data() + close;
    const auto read = std::from_chars(parts.name.data() + open + 1, end, parts.first);
    if (read.ptr != end && *read.ptr == ',') std::from_chars(read.ptr + 1, end, parts.second);
    parts.name.erase(open, close - open + 1);
    return parts;
}

std::int32_t modifier_of(std::uint32_t oid, const Parts& parts) {
    if (parts.first < 0) return -1;
    if (oid == pg_types::numeric) return debezium::numeric_modifier(parts.first, parts.second);
    if (oid == pg_types::varchar) return parts.first + 4;
    return parts.first;
}

}  // namespace

std::optional<SourceType> source_type_of(const std::string& sql_type) {
    if (sql_type.ends_with("[]")) {
        const auto element = source_type_of(sql_type.substr(0, sql_type.size() - 2));
        if (!element || element->is_array()) return std::nullopt;
        return debezium::array_type(*element);
    }
    const Parts parts = parts_of(sql_type);
    const auto found = types_by_name().find(parts.name);
    if (found == types_by_name().end()) return std::nullopt;
    return built_in_type(found->second, modifier_of(found->second, parts));
}

}  // namespace walferry
