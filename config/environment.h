#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace walferry {

/// Replaces `${NAME}` and `${NAME:-default}` by the environment's values; the default stands in for a
/// variable that is unset or empty, as in a shell. `$${` is a literal `${`; every other `$` stands for
/// itself. What was put in is not looked at again. The error's message says what is wrong, what is allowed.
Result<std::string> expand_environment(std::string_view text);

}  // namespace walferry
