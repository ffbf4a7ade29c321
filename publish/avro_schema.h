#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/error.h"
#include "publish/connect_schema.h"

namespace walferry::publish {

/// A Connect schema as Confluent's AvroConverter (AvroData) writes it: records under their schema's name,
/// what Avro has no word for in connect.name and its kin, optional as a union with null. Names that Avro
/// doesn't allow are mangled as by Debezium's naming modes `avro`; the schema then says the true one of a
/// column (__debezium.source.column.name). Kind Schema when two fields of a record get one name.
Result<std::string> avro_schema_text(const ConnectSchema& schema);

/// How values of a Connect schema are laid out in Avro; for AvroSink.
struct AvroShape {
    ConnectType type = ConnectType::String;
    std::int8_t null_branch = -1;  ///< of its union with null; -1: it is never null
    std::vector<AvroShape> parts;  ///< of a struct: its fields; of an array: its elements; of a map: values
};
AvroShape avro_shape(const ConnectSchema& schema);

}  // namespace walferry::publish
