#include "warehouse/encoding/binary_form.h"

#include "model/pg_types.h"

namespace walferry {

std::optional<Encoding> binary_encoding(std::uint32_t type_oid) {
    switch (type_oid) {
        case pg_types::boolean:
            return Encoding::Bool;
        case pg_types::int2:
            return Encoding::Int2;
        case pg_types::int4:
            return Encoding::Int4;
        case pg_types::int8:
            return Encoding::Int8;
        case pg_types::oid:
            return Encoding::Oid;
        case pg_types::float4:
            return Encoding::Float4;
        case pg_types::float8:
            return Encoding::Float8;
        case pg_types::numeric:
            return Encoding::Numeric;
        case pg_types::money:
            return Encoding::Money;
        case pg_types::text:
        case pg_types::varchar:
        case pg_types::bpchar:
        case pg_types::name:
        case pg_types::json:
            return Encoding::Text;
        case pg_types::bytea:
            return Encoding::Bytea;
        case pg_types::date:
            return Encoding::Date;
        case pg_types::time:
            return Encoding::Time;
        case pg_types::timetz:
            return Encoding::TimeTz;
        case pg_types::timestamp:
        case pg_types::timestamptz:
            return Encoding::Timestamp;
        case pg_types::interval:
            return Encoding::Interval;
        case pg_types::uuid:
            return Encoding::Uuid;
        case pg_types::jsonb:
            return Encoding::Jsonb;
        default:
            return std::nullopt;
    }
}

}  // namespace walferry
