#include "apply/row_fields.h"

#include <cstring>

namespace walferry {

std::string_view leading_fields(std::string_view row, std::size_t count) {
    FieldWalker walker(row);
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) size += walker.next().size();
    return row.substr(0, size);
}

std::string_view fill_unchanged(std::string_view row, std::string_view older, Arena& arena, bool& left) {
    char* const start = arena.reserve(row.size() + older.size());
    char* to = start;
    left = false;
    FieldWalker from(row);
    FieldWalker other(older);
    while (!from.done()) {
        std::string_view field = from.next();
        const std::string_view older_field = other.next();
        if (field_length(field) == unchanged_length) {
            field = older_field;
            left = left || field_length(field) == unchanged_length;
        }
        std::memcpy(to, field.data(), field.size());
        to += field.size();
    }
    arena.commit(static_cast<std::size_t>(to - start));
    return {start, static_cast<std::size_t>(to - start)};
}

}  // namespace walferry
