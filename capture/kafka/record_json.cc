#include "capture/kafka/record_json.h"

#include <simdjson.h>

#include <optional>
#include <string_view>

#include "model/base64.h"
#include "model/json_text.h"

namespace walferry {

namespace {

void append_bytes(std::string& to, std::optional<std::string_view> bytes) {
    if (!bytes) {
        to += "null";
    } else if (bytes->find('\0') == std::string_view::npos &&
               simdjson::validate_utf8(bytes->data(), bytes->size())) {
        append_json_string(to, *bytes);
    } else {
        to += R"({"base64":")";
        append_base64(to, *bytes);
        to += "\"}";
    }
}

}  // namespace

void append_record_json(std::string& to, const KafkaRecord& record) {
    to += R"({"key":)";
    append_bytes(to, record.key);
    to += R"(,"value":)";
    append_bytes(to, record.value);
    to += R"(,"headers":[)";
    bool first = true;
    for (const KafkaHeader& header : record.headers) {
        to += first ? "[" : ",[";
        first = false;
        append_bytes(to, header.name);
        to += ',';
        append_bytes(to, header.value);
        to += ']';
    }
    to += R"(],"timestamp_ms":)";
    to += std::to_string(record.timestamp_ms);
    to += '}';
}

}  // namespace walferry
