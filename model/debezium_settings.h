#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "model/error.h"

/// A Debezium connector's settings that change how values look in its events, by Debezium's names and with
/// its defaults: of a connector whose events are read, and of walferry when it writes such events.
namespace walferry {

enum class DecimalMode { Precise, Double, String };  ///< decimal.handling.mode
/// time.precision.mode, and what it says of a column that has no schema.
enum class TimeMode { Adaptive, AdaptiveTimeMicroseconds, Connect, IsoString, Microseconds, Nanoseconds };
enum class HstoreMode { Json, Map };                          ///< hstore.handling.mode
enum class IntervalMode { Numeric, String };                  ///< interval.handling.mode
enum class BinaryMode { Bytes, Base64, Base64UrlSafe, Hex };  ///< binary.handling.mode

/// What to do with a null that may be an unchanged TOAST value: keep the old value, believe the null, or
/// refuse the record.
enum class AmbiguousNull { Keep, Null, DeadLetter };

struct DebeziumSettings {
    DecimalMode decimal = DecimalMode::Precise;
    TimeMode time = TimeMode::Adaptive;
    HstoreMode hstore = HstoreMode::Json;
    IntervalMode interval = IntervalMode::Numeric;
    BinaryMode binary = BinaryMode::Bytes;
    /// unavailable.value.placeholder, its bytes: already decoded where `hex:` was given.
    std::string unavailable = "__debezium_unavailable_value";
    bool include_unknown = false;  ///< include.unknown.datatypes, only when writing
    /// delete.tombstone.handling.mode of ExtractNewRecordState, only when reading: a flattened delete is a
    /// row with `__deleted`, and the null value after it says nothing new.
    bool tombstone_after_delete = false;
};

/// Which settings there are depends on it.
enum class DebeziumRole { Reader, Writer };

/// Takes one setting. As with Debezium, upper and lower case of a value do not matter. What is wrong and
/// what is allowed is returned, without the name; nothing is taken then. A setting that does not change how
/// values look is wrong, too, for it would do nothing.
std::optional<std::string> take_debezium_setting(DebeziumSettings& settings, DebeziumRole role,
                                                 std::string_view name, std::string_view value);

/// Several at once. Kind Configuration, `NAME: what is wrong, allowed: …`.
Result<DebeziumSettings> parse_debezium_settings(const std::map<std::string, std::string>& settings,
                                                 DebeziumRole role);

}  // namespace walferry
