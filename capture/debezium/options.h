#pragma once

#include <map>
#include <string>

#include "model/debezium_settings.h"

namespace walferry::debezium {

/// What the connector's converter writes: JsonConverter's JSON, or Avro in Confluent's wire format.
enum class RecordFormat { Json, Avro };

/// How the connector was set up, with Debezium's defaults: what a record without schema doesn't tell.
struct Options {
    RecordFormat format = RecordFormat::Json;
    DecimalMode decimal = DecimalMode::Precise;
    TimeMode time = TimeMode::Adaptive;
    BinaryMode binary = BinaryMode::Bytes;
    std::string placeholder = "__debezium_unavailable_value";  ///< unavailable.value.placeholder, its bytes
    /// A flattened delete is a row with `__deleted`, and the null value after it says nothing new.
    bool tombstone_after_delete = false;
    bool flattened = false;  ///< rows come from ExtractNewRecordState
    AmbiguousNull ambiguous_null = AmbiguousNull::Keep;
};

/// Reads the connector's settings by Debezium's names (model/debezium_settings.h, as a reader); those of
/// hstore and interval are checked only, since their values tell themselves apart. The last two fields stay
/// as they are in `options`. Kind Configuration for a name or value that is wrong.
Result<Options> read_options(const std::map<std::string, std::string>& settings, Options options = {});

}  // namespace walferry::debezium
