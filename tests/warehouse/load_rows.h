#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/byte_order.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// A load row from PostgreSQL's text forms; nullopt is NULL.
inline std::string load_row(std::span<const TargetColumn> columns,
                            const std::vector<std::optional<std::string>>& values) {
    REQUIRE(columns.size() == values.size());
    std::string row;
    for (std::size_t i = 0; i < values.size(); ++i) {
        char length_field[4];
        if (!values[i]) {
            store_big_endian(length_field, null_length);
            row.append(length_field, 4);
            continue;
        }
        std::string field(encoded_bytes_max(columns[i].encoding, values[i]->size()), '\0');
        const char* const end = encode_text(columns[i].encoding, *values[i], field.data());
        CAPTURE(*values[i]);
        REQUIRE(end != nullptr);
        field.resize(static_cast<std::size_t>(end - field.data()));
        store_big_endian(length_field, static_cast<std::int32_t>(field.size()));
        row.append(length_field, 4).append(field);
    }
    return row;
}

using testing::must;

}  // namespace walferry
