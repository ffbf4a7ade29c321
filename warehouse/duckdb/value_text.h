#pragma once

#include <string>
#include <string_view>

#include "warehouse/encoding/encoding.h"

namespace walferry {

/// A load-format value as a person reads it, cut where it is long; for messages only.
std::string value_text(Encoding kind, std::string_view bytes);

}  // namespace walferry
