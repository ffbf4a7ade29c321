#pragma once

#include <string>
#include <string_view>

#include "capture/debezium/column_form.h"
#include "capture/debezium/connect_value.h"
#include "capture/debezium/scratch_arena.h"
#include "model/change.h"

namespace walferry::debezium {

/// Writes decoded values in PostgreSQL's own text form, as pgoutput would send them. Knows nothing of JSON or
/// Avro. Not thread-safe.
class ValueText {
 public:
    /// What is written goes to `arena`, but for texts that are the value already: these stay where they are.
    explicit ValueText(ScratchArena& arena) : arena_(arena) {}

    /// False when the value is none of the column's type, or the type can't hold it exactly: nothing is ever
    /// rounded or clamped.
    bool write(const ConnectValue& value, const ColumnForm& form, ColumnValue& to);

 private:
    bool write_kept(const ConnectValue& value, const ColumnForm& form, ColumnValue& to);
    bool append(const ConnectValue& value, const ColumnForm& form);
    bool append_inferred(const ConnectValue& value, Inference inference);
    bool append_number(const ConnectValue& value, const ColumnForm& form);
    bool append_numeric(const ConnectValue& value, const ColumnForm& form);
    bool append_variable_scale(const ConnectValue& value, const ColumnForm& form);
    bool append_unscaled(std::string_view bytes, std::int64_t scale, const ColumnForm& form);
    bool append_bytea(const ConnectValue& value, const ColumnForm& form);
    bool append_bits(const ConnectValue& value, const ColumnForm& form);
    bool append_opaque(const ConnectValue& value);
    bool append_array(const ConnectValue& value, const ColumnForm& form);
    bool bytes_of(const ConnectValue& value, std::string_view& to);

    ScratchArena& arena_;
    std::string text_;    // the value being written
    std::string bytes_;   // what base64 said
    std::string digits_;  // of a number
    std::string array_;   // of elements that were written
};

/// How an inferred column of this kind would call the value.
Inference inference_of(const ConnectValue& value);

}  // namespace walferry::debezium
