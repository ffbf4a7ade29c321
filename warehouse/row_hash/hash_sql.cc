#include "warehouse/row_hash/hash_sql.h"

#include <fmt/format.h>

#include "warehouse/row_hash/postgres_hash.h"

namespace walferry {
namespace {

std::string filled(const std::string& value, const std::string& column) {
    std::string sql;
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t place = std::min(value.find("{v}", at), value.size());
        sql.append(value, at, place - at);
        if (place < value.size()) sql += column;
        at = place + 3;
    }
    return sql;
}

std::string call(const char* function, const std::string& value, const std::string& seed) {
    return fmt::format("pg_catalog.{}({}, {})", function, value, seed);
}

std::string text_hash(const std::string& text, const std::string& seed) {
    return call("hashtextextended", fmt::format("({}) COLLATE pg_catalog.\"C\"", text), seed);
}

std::string date_hash(const std::string& v, const std::string& seed) {
    return call("hashint4extended",
                fmt::format("CASE WHEN pg_catalog.isfinite({0}) THEN {0} - '2000-01-01'::date WHEN {0} > "
                            "'2000-01-01'::date THEN 2147483647 ELSE (-2147483648)::int4 END",
                            v),
                seed);
}

std::string interval_hash(const std::string& v, std::uint64_t seed) {
    const auto part = [&](const char* name) {
        return fmt::format("pg_catalog.date_part('{}', {})", name, v);
    };
    return fmt::format(
        "CASE WHEN pg_catalog.isfinite({}) THEN {} # {} # {} ELSE {} END", v,
        call("hashint4extended", fmt::format("({} * 12 + {})::int4", part("year"), part("month")),
             int8_literal(seed)),
        call("hashint4extended", fmt::format("({})::int4", part("day")), int8_literal(part_seed(seed, 1))),
        call("hashfloat8extended",
             fmt::format("{} * 3600000000 + {} * 60000000 + {}", part("hour"), part("minute"),
                         part("microseconds")),
             int8_literal(part_seed(seed, 2))),
        int8_literal(null_hash(seed)));
}

/// NULL where the value is, but for Text.
std::string scalar_hash(ValueForm form, std::uint64_t seed_bits, const std::string& v) {
    const std::string seed = int8_literal(seed_bits);
    switch (form) {
        case ValueForm::Int32:
            return call("hashint4extended", v, seed);
        case ValueForm::Int64:
            // hashint8extended folds the halves: with the upper one beside it, nothing is lost.
            return fmt::format("{} # {}", call("hashint8extended", v, seed),
                               call("hashint4extended", fmt::format("({} >> 32)::int4", v),
                                    int8_literal(part_seed(seed_bits, 1))));
        case ValueForm::Float:
            return call("hashfloat8extended", v, seed);
        case ValueForm::Numeric:
            // hash_numeric_extended does not look at the sign.
            return call("hash_numeric_extended", v,
                        fmt::format("CASE WHEN {} < 0 THEN {} ELSE {} END", v,
                                    int8_literal(part_seed(seed_bits, 1)), seed));
        case ValueForm::Text:
            return text_hash(v, seed);
        case ValueForm::Bytes:
            return text_hash(fmt::format("pg_catalog.encode({}, 'hex')", v), seed);
        case ValueForm::Date:
            return date_hash(v, seed);
        case ValueForm::Micros:
            return call("hashfloat8extended", fmt::format("pg_catalog.date_part('epoch', {})", v), seed);
        case ValueForm::TimeTz:
            return call("timetz_hash_extended", v, seed);
        case ValueForm::Interval:
            return interval_hash(v, seed_bits);
        case ValueForm::Uuid:
            return call("uuid_hash_extended", v, seed);
    }
    return v;
}

/// A test that is true for NULL alone: IS NULL is also true for a composite value whose fields are all NULL.
std::string with_null(ValueForm form, std::uint64_t seed, const std::string& column,
                      const std::string& hash) {
    const std::string null = int8_literal(null_hash(seed));
    const bool strict = form != ValueForm::Text && form != ValueForm::Interval && form != ValueForm::Date;
    if (strict) return fmt::format("COALESCE({}, {})", hash, null);
    return fmt::format("CASE WHEN {} IS NOT DISTINCT FROM NULL THEN {} ELSE {} END", column, null, hash);
}

}  // namespace

std::string int8_literal(std::uint64_t bits) {
    return fmt::format("'{}'::int8", static_cast<std::int64_t>(bits));
}

std::string hash_sql(const HashedColumn& hashed, const std::string& value, const std::string& column) {
    if (!hashed.list) {
        const std::string hash = scalar_hash(hashed.form, hashed.seed, filled(value, column));
        return with_null(hashed.form, hashed.seed, column, hash);
    }
    const std::string element = with_null(hashed.form, hashed.seed, "u.e",
                                          scalar_hash(hashed.form, hashed.seed, filled(value, "u.e")));
    const std::string place =
        call("hashint4extended", "(u.o)::int4", int8_literal(part_seed(hashed.seed, 3)));
    const std::string elements =
        hashed.of_rows ? fmt::format(
                             "(SELECT ({0})[g.walferry_o] AS e, g.walferry_o AS o FROM "
                             "pg_catalog.generate_subscripts({0}, 1) AS g(walferry_o)) AS u",
                             column)
                       : fmt::format("pg_catalog.unnest({}) WITH ORDINALITY AS u(e, o)", column);
    const std::string summed =
        fmt::format("pg_catalog.concat(pg_catalog.count(*), '/', pg_catalog.sum({} # {}))", element, place);
    return fmt::format("CASE WHEN {} IS NULL THEN {} ELSE (SELECT {} FROM {}) END", column,
                       int8_literal(null_hash(hashed.seed)), text_hash(summed, int8_literal(hashed.seed)),
                       elements);
}

HashProbe hash_probe() {
    constexpr std::string_view text = "walferry, thirteen";
    const std::uint64_t seed = column_seed(0);
    return {fmt::format("SELECT {}", text_hash(fmt::format("'{}'::text", text), int8_literal(seed))),
            std::to_string(static_cast<std::int64_t>(postgres_hash(text, seed)))};
}

}  // namespace walferry
