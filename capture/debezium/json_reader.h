#pragma once

#include <simdjson.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "capture/debezium/connect_value.h"
#include "capture/debezium/scratch_arena.h"

namespace walferry::debezium {

/// Decodes values of JsonConverter: what JSON can't say (bytes, which type a number has) is left to who
/// writes them. Not thread-safe.
class JsonReader {
 public:
    /// Arrays and objects are kept in `arena`; texts where simdjson puts them.
    explicit JsonReader(ScratchArena& arena) : arena_(arena) {}

    /// Reads one value, all of it. False when it is no JSON, or nested deeper than 64.
    bool read(simdjson::ondemand::value from, ConnectValue& to, int depth = 0);

 private:
    bool read_array(simdjson::ondemand::value from, ConnectValue& to, int depth);
    bool read_object(simdjson::ondemand::value from, ConnectValue& to, int depth);

    ScratchArena& arena_;
    std::vector<ConnectValue> items_;   // of the arrays that are being read, one after the other
    std::vector<ConnectField> fields_;  // of the objects
};

/// The text of a string. One without escapes, as nearly all are, is read where it stands.
inline bool read_string(simdjson::ondemand::value from, std::string_view& to) {
    const std::string_view token = from.raw_json_token();
    std::size_t end = token.size();
    while (end > 0 && token[end - 1] != '"' && static_cast<unsigned char>(token[end - 1]) <= ' ') --end;
    if (end < 2 || token[end - 1] != '"' || std::memchr(token.data(), '\\', end) != nullptr)
        return from.get_string().get(to) == simdjson::SUCCESS;
    to = token.substr(1, end - 2);
    return token.front() == '"';
}

}  // namespace walferry::debezium
