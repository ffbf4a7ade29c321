#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/change.h"

namespace walferry {

/// A column's value for row_json. Views hold during the call only.
struct JsonField {
    std::string_view name;
    std::uint32_t type_oid = 0;
    ColumnValue value;
};

/// A value that is not NULL, as row_json writes it: `text` is PostgreSQL's text form, or, of a boolean, that
/// of a cast to text.
void append_json_value(std::string& to, std::uint32_t type_oid, std::string_view text);

/// A row as a JSON object, columns in the given order, no blanks: so are `_old_key` in change logs and the
/// rows of dead letters written. Integers and booleans are JSON's, NULL is null, every other value is a
/// string: PostgreSQL's text form, for readers of JSON lose digits of other numbers. (A hashed or masked
/// integer is a string, too.) A column whose value the stream did not carry is left out. Bytes that are no
/// UTF-8 are kept as they are: the source sends none.
std::string row_json(std::span<const JsonField> fields);

}  // namespace walferry
