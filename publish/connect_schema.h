#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace walferry::publish {

enum class ConnectType { Boolean, Int16, Int32, Int64, Float32, Float64, String, Bytes, Array, Map, Struct };

/// A schema of Kafka Connect (org.apache.kafka.connect.data.Schema), to be written as JsonConverter or as an
/// Avro converter does.
struct ConnectSchema {
    ConnectType type = ConnectType::String;
    bool optional = false;
    std::string name = {};  ///< semantic type, e.g. io.debezium.time.Date; may be empty
    int version = 0;        ///< 0: none
    std::string doc = {};
    std::vector<std::pair<std::string, std::string>> parameters = {};
    std::vector<std::pair<std::string, ConnectSchema>> fields = {};  ///< of a struct, with their names
    std::vector<ConnectSchema> items = {};  ///< of an array: its elements; of a map: keys, values
    /// As JSON of JsonConverter; empty without.
    std::string default_json = {};
};

/// The schema as JsonConverter writes it; `field` is its name in a struct.
void append_schema_json(std::string& to, const ConnectSchema& schema,
                        std::optional<std::string_view> field = {});

}  // namespace walferry::publish
