#pragma once

#include "capture/debezium/avro_type.h"
#include "capture/debezium/connect_type.h"

namespace walferry::debezium {

/// The Connect schema that an Avro schema says: what converters noted of it (connect.name and its kin), else
/// Avro's own logical types. Kind Data for a union of several types, and for schemas nested deeper, or
/// larger, than any of Debezium's.
Result<ConnectType> connect_type_of(const AvroType& avro);

}  // namespace walferry::debezium
