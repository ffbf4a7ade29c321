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

/// The JSON of a dead letter's key, before and after: an object from column name to the value's text as a
/// JSON string, or null; nothing is made a JSON number, so that every digit survives. A column whose value
/// the stream did not carry (unchanged TOAST) is absent. Columns keep their order; no blanks. Bytes that are
/// not UTF-8 become U+FFFD. Pure.
namespace walferry {

/// Columns with their values as text; std::nullopt is NULL.
using NamedTexts = std::vector<std::pair<std::string, std::optional<std::string>>>;

std::string to_json(const NamedTexts& values);

/// All columns of a row; `row` is in the relation's order and may be shorter, never longer.
std::string row_json(const Relation& relation, TupleData row);
/// The columns with these indices into the relation's columns, in the order given: a key.
std::string row_json(const Relation& relation, TupleData row, std::span<const std::uint16_t> which);

/// Reads such an object back. A number, true or false (a letter that somebody wrote by hand) is its JSON
/// text. Kind Data when it is no JSON object.
Result<NamedTexts> parse_row_json(std::string_view json);

/// The text with what is not UTF-8 replaced by U+FFFD, and without NUL: what both warehouses take as text.
std::string storable_text(std::string_view text);

}  // namespace walferry
