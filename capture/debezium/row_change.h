#pragma once

#include <vector>

#include "capture/debezium/event.h"
#include "capture/debezium/event_fields.h"
#include "capture/debezium/options.h"
#include "model/error.h"

namespace walferry::debezium {

/// What was read of a record that is about a row.
struct RowParts {
    const TableShape& shape;
    const EventFields& fields;
    Operation op;
    Row& before;
    Row& after;
    const Row* key;                ///< of a record with a key; null: it is known to stand in `after`
    const Row* new_key = nullptr;  ///< header __debezium.newkey
    const Row* old_key = nullptr;  ///< header __debezium.oldkey
    bool whole_before = false;     ///< before-images are old rows
    bool flattened = false;
};

/// Decides what of it can be trusted: placeholders become UnchangedToast where there can be some (an update,
/// and the create of a change of the key), ambiguous nulls go by the policy, and what contradicts itself is
/// refused (kind Data). `ambiguous`: memory for the change's list.
Status make_row_change(const RowParts& parts, AmbiguousNull policy, std::vector<std::uint16_t>& ambiguous,
                       RowChange& to);

/// Whether the key's JSON is what JsonConverter makes of the row's values: then the two agree, and the key
/// need not be read. False says nothing.
bool stands_in_row(std::string_view key, const TableShape& shape, const Row& row);

/// Connectors whose before-images are whole rows, which they demand of their servers.
bool has_whole_rows(std::string_view connector);

}  // namespace walferry::debezium
