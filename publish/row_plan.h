#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/change.h"
#include "model/error.h"
#include "publish/type_plan.h"

namespace walferry::publish {

/// How one column is written. Any format can be written with it: `type.schema` says what, `type.from_text`
/// and `type.from_binary` drive a ValueSink; the JSON pieces are made once for JsonSink.
struct FieldPlan {
    std::string name;
    TypePlan type;
    std::string json_name;         ///< "name":
    std::string placeholder_json;  ///< of an unchanged value
    std::string filler_json;       ///< what Debezium writes where it has to; a default, or zero, or nothing
};

/// A row's columns, made once for a version of a relation.
struct RowPlan {
    PublishedTable table;
    std::string topic;
    std::vector<FieldPlan> fields;
    bool key_in_identity = false;  ///< old rows have the key

    ConnectSchema value_schema() const;  ///< <topic>.Value
    ConnectSchema key_schema() const;    ///< <topic>.Key
};

RowPlan plan_row(PublishedTable table, std::string_view topic_prefix, const ValueOptions& options);

/// Writes a value that is not NULL nor left out.
Carried write_value(const FieldPlan& field, const ColumnValue& value, ValueSink& sink);

/// Which columns a copy has to bring as text; the others may come in their binary form.
std::vector<bool> columns_as_text(const RowPlan& plan);

/// A row of a binary COPY (CopyReader::next) as values into `row`: text or binary by `as_text`. Kind Protocol
/// when it has not as many fields. Views into `bytes`.
Status split_copied_row(std::string_view bytes, const std::vector<bool>& as_text,
                        std::vector<ColumnValue>& row);

}  // namespace walferry::publish
