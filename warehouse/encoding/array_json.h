#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace walferry {

/// From array_out's text to a JSON array; a dimension is a level of nesting, lower bounds are lost. NULL is
/// null; numbers and booleans are JSON's, with the source's digits, but NaN and the infinities are strings;
/// elements of json and jsonb stand there as they are; all else is a string, PostgreSQL's text form.
char* encode_array_json(std::uint32_t element_oid, std::string_view text, char* to);
std::size_t array_json_bytes_max(std::size_t text_bytes);

}  // namespace walferry
