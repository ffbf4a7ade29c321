#include "apply/row_fields.h"

namespace walferry {

std::string_view leading_fields(std::string_view row, std::size_t count) {
    FieldWalker walker(row);
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) size += walker.next().size();
    return row.substr(0, size);
}

}  // namespace walferry
