#pragma once

#include <map>
#include <string>

#include "model/debezium_settings.h"

namespace walferry::publish {

/// What becomes of values that Debezium's encodings can't carry (docs/debezium-compatibility.md).
enum class Fidelity {
    Debezium,  ///< columns have Debezium's types; such a value is what Debezium makes of it, or null
    Exact      ///< columns of types that have such values are STRING io.walferry.Text: PostgreSQL's text form
};

/// The connector's settings that say how values look, with Debezium's defaults.
struct ValueOptions : DebeziumSettings {
    Fidelity fidelity = Fidelity::Debezium;
};

/// From Debezium's names and values (model/debezium_settings.h, as a writer). Kind Configuration names the
/// setting and what is allowed. `fidelity` is not one of them: the caller sets it.
Result<ValueOptions> parse_value_options(const std::map<std::string, std::string>& settings);

}  // namespace walferry::publish
