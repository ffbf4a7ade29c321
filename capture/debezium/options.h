#pragma once

#include <map>
#include <string>
#include <string_view>

#include "model/error.h"

namespace walferry::debezium {

enum class DecimalMode { Precise, Text, Double };  ///< decimal.handling.mode: precise | string | double
/// time.precision.mode, and what it says of a column that has no schema.
enum class TimeMode { Adaptive, AdaptiveTimeMicroseconds, Connect, IsoString, Microseconds, Nanoseconds };
enum class BinaryMode { Bytes, Base64, Base64UrlSafe, Hex };  ///< binary.handling.mode
/// What to do with a null that may be an unchanged TOAST value: keep the old value, believe the null, or
/// refuse the record.
enum class AmbiguousNull { Keep, Null, DeadLetter };

/// How the connector was set up, with Debezium's defaults: what a record without schema doesn't tell.
struct Options {
    DecimalMode decimal = DecimalMode::Precise;
    TimeMode time = TimeMode::Adaptive;
    BinaryMode binary = BinaryMode::Bytes;
    std::string placeholder = "__debezium_unavailable_value";  ///< unavailable.value.placeholder, its bytes
    /// A flattened delete is a row with `__deleted`, and the null value after it says nothing new.
    bool tombstone_after_delete = false;
    bool flattened = false;  ///< rows come from ExtractNewRecordState
    AmbiguousNull ambiguous_null = AmbiguousNull::Keep;
};

/// Reads the connector's settings by Debezium's names: those above, hstore.handling.mode and
/// interval.handling.mode (whose values tell themselves apart), and delete.tombstone.handling.mode of
/// ExtractNewRecordState. Kind Configuration for a name or value that Debezium does not have; settings that
/// don't change how values are read are no concern of ours and are errors too, for they would do nothing.
Result<Options> read_options(const std::map<std::string, std::string>& settings, Options options = {});

}  // namespace walferry::debezium
