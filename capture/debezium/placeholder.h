#pragma once

#include <string>

#include "capture/debezium/column_form.h"
#include "capture/debezium/connect_value.h"

namespace walferry::debezium {

/// What Debezium writes where a value out of line did not change. Each type has a form of its own, and it is
/// matched whole: a value that merely contains it is data.
class Placeholder {
 public:
    /// `text`: unavailable.value.placeholder.
    explicit Placeholder(std::string text);

    /// Whether the value is the placeholder of its column's type; of a type that is only inferred, that of
    /// any type.
    bool matches(const ConnectValue& value, const ColumnForm& form) const;

 private:
    bool matches_text(const ConnectValue& value) const;
    bool matches_bytes(const ConnectValue& value, BinaryMode binary) const;
    bool matches_hstore(const ConnectValue& value) const;
    bool matches_array(const ConnectValue& value, const ColumnForm& form) const;
    bool matches_codes(const ConnectValue& value) const;
    bool matches_any(const ConnectValue& value) const;

    std::string text_;
    std::string base64_;
    std::string hstore_;  // {"text":"text"}
    std::string uuid_;    // the one that Java makes of the text's bytes (version 3)
};

/// Whether a value is what Debezium invents for a column of its type that it got no value of: 0, "", false,
/// the epoch, nothing.
bool is_zero_value(const ConnectValue& value);

}  // namespace walferry::debezium
