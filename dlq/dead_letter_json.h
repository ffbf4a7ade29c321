#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/change.h"
#include "model/error.h"

/// The JSON of a dead letter's key, before and after: model/row_json.h's, with U+FFFD for bytes that are not
/// UTF-8. Letters of older versions have all values as strings, which reads the same. Pure.
namespace walferry {

/// Columns with their values as text; std::nullopt is NULL.
using NamedTexts = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// All columns of a row; `row` is in the relation's order and may be shorter, never longer.
std::string row_json(const Relation& relation, TupleData row);
/// The columns with these indices into the relation's columns, in the order given: a key.
std::string row_json(const Relation& relation, TupleData row, std::span<const std::uint16_t> which);

/// The same object with every value as a string: how older versions wrote a letter's key.
std::string row_json_of_texts(std::string_view json);

/// Reads such an object back, into what the stream had carried: true is t. Kind Data when it is no JSON
/// object.
Result<NamedTexts> parse_row_json(std::string_view json);

/// The text with what is not UTF-8 replaced by U+FFFD, and without NUL: what both warehouses take as text.
std::string storable_text(std::string_view text);

}  // namespace walferry
