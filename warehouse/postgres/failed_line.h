#pragma once

#include <cstddef>
#include <optional>

#include "model/error.h"
#include "warehouse/target_table.h"

namespace walferry {

/// Which row of a load PostgreSQL has refused, counted from 1: a failed COPY says in its context "COPY t,
/// line 7, column v: …", with these places in any language.
std::optional<std::size_t> failed_line(const Error& error, const TargetName& table);

}  // namespace walferry
