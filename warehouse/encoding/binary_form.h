#pragma once

#include <cstdint>
#include <optional>

#include "warehouse/encoding/encoding.h"

namespace walferry {

/// The encoding that is the binary send form of a built-in type; empty for every other type.
std::optional<Encoding> binary_encoding(std::uint32_t type_oid);

}  // namespace walferry
