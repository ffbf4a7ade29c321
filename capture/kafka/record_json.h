#pragma once

#include <string>

#include "capture/kafka/kafka_record.h"

namespace walferry {

/// Appends a record as a JSON object, whole:
/// `{"key":…,"value":…,"headers":[[name,value],…],"timestamp_ms":…}`. Bytes are a string where they are UTF-8
/// without NUL, else `{"base64":…}`; null is null.
void append_record_json(std::string& to, const KafkaRecord& record);

}  // namespace walferry
