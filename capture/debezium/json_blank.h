#pragma once

namespace walferry::debezium {

/// RFC 8259: what may stand between tokens.
inline bool is_json_blank(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
}

}  // namespace walferry::debezium
