#pragma once

#include <string_view>

#include "apply/row_encoder.h"
#include "model/change.h"

namespace walferry {

/// One event of a table in load form, made once for all targets of the table. Views hold until the table's
/// next event; `row` lies in the batch's arena and lasts as long as it.
struct EncodedChange {
    const ChangeEvent* event = nullptr;
    const Transaction* transaction = nullptr;
    const RowEncoder* encoder = nullptr;
    std::string_view row;        ///< new values of an insert or update, with an upsert target's own fields
    std::size_t data_bytes = 0;  ///< how many bytes of `row` are data fields
    bool has_unchanged = false;  ///< `row` has fields whose value the stream did not carry
    std::string_view key;        ///< of the new row, or of the one that a delete removes; empty without key
    std::string_view old_key;    ///< of an update that changed it, else empty

    ChangeKind kind() const { return event->kind; }
    std::string_view data() const { return row.substr(0, data_bytes); }
};

}  // namespace walferry
