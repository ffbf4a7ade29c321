#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace walferry::debezium {

inline constexpr std::string_view malformed = "the record can't be read as JSON: it is malformed";

/// Why a record becomes a dead letter.
inline Error unreadable(std::string_view what) {
    return Error{ErrorKind::Data, std::string(what), "", ""};
}

}  // namespace walferry::debezium
