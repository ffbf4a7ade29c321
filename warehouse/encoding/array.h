#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "warehouse/encoding/encoding.h"

namespace walferry {

/// pg_type.typdelim: what stands between elements of this type.
char array_delimiter(std::uint32_t element_oid);

/// From array_out's text to array_send's bytes: int32 ndim, int32 flags (1: has NULLs), element OID, per
/// dimension int32 size and lower bound, then each element with its length field.
char* encode_array(const ColumnEncoding& encoding, std::string_view text, char* to);

}  // namespace walferry
