#include "publish/default_value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "model/pg_types.h"

namespace walferry::publish {

namespace {

struct StandIn {
    std::uint32_t type;
    std::string_view text;
};

/// Types whose defaults Debezium reads, and what stands for what a function gives.
constexpr std::array<StandIn, 20> stand_ins{{
    {1560, "00"},  // bit
    {1562, "0"},   // varbit
    {pg_types::boolean, "f"},
    {pg_types::bpchar, ""},
    {pg_types::varchar, ""},
    {pg_types::text, ""},
    {pg_types::numeric, "0.0"},
    {pg_types::float4, "0.0"},
    {pg_types::float8, "0.0"},
    {pg_types::int2, "0"},
    {pg_types::int4, "0"},
    {pg_types::int8, "0"},
    {pg_types::json, "{}"},
    {pg_types::jsonb, "{}"},
    {142, ""},  // xml
    {pg_types::uuid, "00000000-0000-0000-0000-000000000000"},
    {pg_types::date, "1970-01-01"},
    {pg_types::time, "00:00:00"},
    {pg_types::timestamp, "1970-01-01 00:00:00"},
    {pg_types::timestamptz, "1970-01-01 00:00:00+00"},
}};

bool is_word(char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' || letter == '.';
}

/// name(…), maybe in parentheses, or one of SQL's functions without them.
bool is_function(std::string_view expression) {
    std::string lower(expression);
    for (char& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    for (const char* name :
         {"current_timestamp", "current_time", "current_date", "localtime", "localtimestamp"})
        if (lower == name) return true;
    if (expression.starts_with('(')) expression.remove_prefix(1);
    const auto end = std::find_if_not(expression.begin(), expression.end(), is_word);
    return end != expression.begin() && end != expression.end() && *end == '(' &&
           std::find(end, expression.end(), ')') != expression.end();
}

/// The first literal in quotes; of an expression without, itself.
std::optional<std::string> literal(std::string_view expression) {
    const std::size_t quote = expression.find('\'');
    if (quote == std::string_view::npos) {
        if (expression.starts_with("NULL")) return std::nullopt;
        return std::string(expression);
    }
    std::string text;
    for (std::size_t at = quote + 1; at < expression.size(); ++at) {
        if (expression[at] == '\'' && expression.substr(at).substr(0, 2) != "''") return text;
        if (expression[at] == '\'') ++at;
        text += expression[at];
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> default_text(const PublishedColumn& column) {
    const std::string_view expression = column.default_expression;
    if (expression.empty()) return std::nullopt;
    const bool is_enum = column.type.kind == 'e';
    const auto known = std::find_if(stand_ins.begin(), stand_ins.end(),
                                    [&](const StandIn& entry) { return entry.type == column.type.oid; });
    if (known == stand_ins.end() && !is_enum && column.type.oid != pg_types::interval) return std::nullopt;
    if (is_function(expression)) {
        if (known == stand_ins.end()) return std::nullopt;
        return std::string(known->text);
    }
    auto text = literal(expression);
    if (text && column.type.oid == pg_types::boolean && (text == "true" || text == "false"))
        return text->substr(0, 1);
    return text;
}

}  // namespace walferry::publish
