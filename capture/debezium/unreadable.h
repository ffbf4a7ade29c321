#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace walferry::debezium {

inline constexpr std::string_view malformed = "the record can't be read as JSON: it is malformed";

inline constexpr std::string_view malformed_avro =
    "the record can't be read as Avro: its bytes do not follow their schema";
inline constexpr std::string_view malformed_avro_key =
    "the record's key can't be read as Avro: its bytes do not follow their schema";

/// Why a record becomes a dead letter.
inline Error unreadable(std::string_view what) {
    return Error{ErrorKind::Data, std::string(what), "", ""};
}

}  // namespace walferry::debezium
