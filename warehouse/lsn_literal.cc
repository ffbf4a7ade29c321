#include "warehouse/lsn_literal.h"

#include <fmt/format.h>

namespace walferry {

std::string lsn_literal(WarehouseKind kind, Lsn lsn) {
    if (kind == WarehouseKind::DuckDb) return fmt::format("{}::UBIGINT", lsn.value);
    return fmt::format("'{}'::pg_lsn", to_string(lsn));
}

}  // namespace walferry
