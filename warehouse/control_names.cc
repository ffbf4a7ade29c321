#include "warehouse/control_names.h"

#include <fmt/format.h>

#include <charconv>

#include "model/quote.h"
#include "warehouse/lsn_literal.h"

namespace walferry {

TargetName ControlSchema::side_table(const char* purpose, std::uint32_t relation_id, int target) const {
    return table(fmt::format("{}{}{}_{}", purpose, side_table_mark(), relation_id, target));
}

/// FNV-1a of the pipeline's name, for that alone may fill what PostgreSQL takes for a name.
std::string ControlSchema::side_table_mark() const {
    std::uint64_t hash = 14695981039346656037u;
    for (const char letter : pipeline) {
        hash ^= static_cast<unsigned char>(letter);
        hash *= 1099511628211u;
    }
    return fmt::format("_{:016x}_", hash);
}

std::string ControlSchema::pipeline_literal() const {
    return quote_literal(pipeline);
}

std::string ControlSchema::lsn_type() const {
    return kind == WarehouseKind::DuckDb ? "UBIGINT" : "pg_lsn";
}

std::string ControlSchema::lsn_literal(Lsn lsn) const {
    return walferry::lsn_literal(kind, lsn);
}

Lsn ControlSchema::read_lsn(const std::optional<std::string>& text) const {
    if (!text) return {};
    if (kind == WarehouseKind::Postgres) return parse_lsn(*text).value_or(Lsn{});
    Lsn lsn;
    std::from_chars(text->data(), text->data() + text->size(), lsn.value);
    return lsn;
}

Status lock_ids(WarehouseSession& session, const ControlSchema& control) {
    if (control.kind == WarehouseKind::DuckDb) return success();
    WALFERRY_TRY(locked, session.query(fmt::format(
                             "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended({} || "
                             "chr(10) || {}, 7))",
                             quote_literal(control.schema), control.pipeline_literal())));
    (void)locked;
    return success();
}

}  // namespace walferry
