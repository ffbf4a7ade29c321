#pragma once

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "capture/debezium/connect_type.h"
#include "model/error.h"

namespace walferry::debezium {

/// A text of JSON, ready to be read once from front to back. Its buffers are used again for the next text;
/// strings that were read hold until then. Not thread-safe.
class JsonDocument {
 public:
    /// Takes the text in; false when it is no JSON as far as can be seen without reading it.
    bool open(std::string_view text);
    /// The text from its beginning once more; what was read before is void.
    bool reopen();

    /// The whole text as an object; false when it is something else.
    bool object(simdjson::ondemand::object& to);
    std::string_view text() const { return {buffer_.get(), length_}; }
    /// Whether nothing follows what was read.
    bool at_end();

 private:
    simdjson::ondemand::parser parser_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t length_ = 0;
    simdjson::ondemand::document document_;
};

/// Schemas that records carry, parsed once each. Records of a topic repeat theirs byte for byte.
class SchemaMemory {
 public:
    /// Types hold as long as the memory. Kind Data for what is no schema.
    Result<const ConnectType*> find(std::string_view json);

 private:
    std::unordered_map<std::string, std::unique_ptr<const ConnectType>> types_;
};

/// A record's key or value without what JsonConverter puts around it.
struct Payload {
    std::string_view text;              ///< JSON, "null" where there is none; or Avro
    const ConnectType* type = nullptr;  ///< null: the record has no schema
    bool is_avro = false;               ///< `text` is a binary body
    bool is_null() const { return !is_avro && text == "null"; }
};

/// Finds the payload in the keys, or in the values, of one topic: {"schema":…,"payload":…} or bare, decided
/// for each record. Where the schema is that of the record before, it is compared and not read.
class PayloadFinder {
 public:
    /// The payload is a view into `text`.
    Result<Payload> find(std::string_view text, JsonDocument& document, SchemaMemory& schemas);

 private:
    std::string prefix_;  // all before the payload of the last record with a schema
    const ConnectType* type_ = nullptr;
};

}  // namespace walferry::debezium
