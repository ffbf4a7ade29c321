#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/arena.h"
#include "model/byte_order.h"
#include "warehouse/encoding/encoding.h"

namespace walferry {

/// Walks over the fields of a load row: each a big-endian int32 length, then that many bytes. The rows are
/// our own, so a walk past the end is a bug, not an input error.
class FieldWalker {
 public:
    explicit FieldWalker(std::string_view row) : next_(row.data()), end_(row.data() + row.size()) {}

    bool done() const { return next_ == end_; }

    /// The next field with its length.
    std::string_view next() {
        const auto length = load_big_endian<std::int32_t>(next_);
        const std::size_t size = sizeof length + (length > 0 ? static_cast<std::size_t>(length) : 0);
        const std::string_view field{next_, size};
        next_ += size;
        return field;
    }

 private:
    const char* next_;
    const char* end_;
};

inline std::int32_t field_length(std::string_view field) {
    return load_big_endian<std::int32_t>(field.data());
}

inline void append_field(std::string& row, std::string_view bytes) {
    char length[sizeof(std::int32_t)];
    store_big_endian(length, static_cast<std::int32_t>(bytes.size()));
    row.append(length, sizeof length).append(bytes);
}

inline void append_null(std::string& row) {
    char length[sizeof null_length];
    store_big_endian(length, null_length);
    row.append(length, sizeof length);
}

/// A number of the width of its type, in binary.
template <class Number>
void append_number(std::string& row, Number number) {
    char bytes[sizeof number];
    store_big_endian(bytes, number);
    append_field(row, {bytes, sizeof bytes});
}

/// The first `count` fields of a row as one piece: its key.
std::string_view leading_fields(std::string_view row, std::size_t count);

/// A copy of `row` in the arena in which unchanged fields are replaced by those of `older`; `left` tells
/// whether unchanged ones stay. Both have the same fields.
std::string_view fill_unchanged(std::string_view row, std::string_view older, Arena& arena, bool& left);

}  // namespace walferry
