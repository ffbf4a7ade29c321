#pragma once

#include <map>
#include <string>

#include "model/error.h"

namespace walferry::publish {

enum class DecimalMode { Precise, Double, String };
enum class TimeMode { Adaptive, AdaptiveTimeMicroseconds, Connect, IsoString, Microseconds, Nanoseconds };
enum class HstoreMode { Json, Map };
enum class IntervalMode { Numeric, String };
enum class BinaryMode { Bytes, Base64, Base64UrlSafe, Hex };

/// What becomes of values that Debezium's encodings can't carry (docs/debezium-compatibility.md).
enum class Fidelity {
    Debezium,  ///< columns have Debezium's types; such a value is what Debezium makes of it, or null
    Exact      ///< columns of types that have such values are STRING io.walferry.Text: PostgreSQL's text form
};

/// The connector's settings that say how values look, with Debezium's defaults.
struct ValueOptions {
    DecimalMode decimal = DecimalMode::Precise;
    TimeMode time = TimeMode::Adaptive;
    HstoreMode hstore = HstoreMode::Json;
    IntervalMode interval = IntervalMode::Numeric;
    BinaryMode binary = BinaryMode::Bytes;
    bool include_unknown = false;  ///< types unknown to Debezium as bytes, not as text
    /// Stands for a value that the stream left out as unchanged; already decoded where `hex:` was given.
    std::string unavailable = "__debezium_unavailable_value";
    Fidelity fidelity = Fidelity::Debezium;
};

/// From Debezium's names and values, e.g. {"decimal.handling.mode", "string"}; what is not named keeps its
/// default. As with Debezium, upper and lower case of a value do not matter. Kind Configuration names the
/// setting and what is allowed. `fidelity` is not one of them: the caller sets it.
Result<ValueOptions> parse_value_options(const std::map<std::string, std::string>& settings);

}  // namespace walferry::publish
