#pragma once

#include <string>

#include "publish/connect_schema.h"
#include "publish/debezium_options.h"
#include "publish/published_table.h"
#include "publish/values/value_writer.h"

namespace walferry::publish {

/// What stands for a value that the stream left out as unchanged, in terms of the column's Connect type.
enum class Placeholder {
    Null,        ///< Debezium has none for the type
    Text,        ///< the placeholder as it is
    Bytes,       ///< its bytes
    Texts,       ///< an array of it
    ByteArrays,  ///< an array of its bytes
    Codes,       ///< an array of its bytes' numbers
    Uuids,       ///< an array of the name-based UUID made of it
    JsonObject,  ///< {"it":"it"} as text
    Map          ///< the same as a map
};

/// How values of one type are written.
struct TypePlan {
    ConnectSchema schema;
    WriteValue from_text = write_text;
    WriteValue from_binary = nullptr;  ///< null: rows must bring the type as text
    ValueFormat format = {};
    Placeholder placeholder = Placeholder::Null;
    /// PostgreSQL text of the value that Debezium invents where it has to write one.
    std::string filler = {};
    /// There are values of the PostgreSQL type that this Connect type can't carry.
    bool lossy = false;
};

/// By the base type; `enum_labels` of the column. The schema is not optional.
TypePlan plan_type(const PublishedColumn& column, const ValueOptions& options);

// The families of types, for plan_type.
TypePlan text_plan(std::string semantic_name = {});
TypePlan decimal_plan(const SourceType& type, const ValueOptions& options);
TypePlan money_plan(const ValueOptions& options);
TypePlan date_plan(const ValueOptions& options);
TypePlan time_plan(const SourceType& type, const ValueOptions& options);
TypePlan timestamp_plan(const SourceType& type, const ValueOptions& options);
TypePlan zoned_timestamp_plan(const SourceType& type);
TypePlan bytea_plan(const ValueOptions& options);
TypePlan interval_plan(const ValueOptions& options);
TypePlan bit_plan(const SourceType& type, bool varying);
TypePlan hstore_plan(const ValueOptions& options);
TypePlan point_plan();
TypePlan line_plan();
TypePlan circle_plan();
TypePlan geometry_plan(WriteValue write, std::string filler);

}  // namespace walferry::publish
