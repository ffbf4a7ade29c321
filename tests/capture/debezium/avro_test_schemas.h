#pragma once

#include <map>
#include <string>
#include <utility>

#include "kafka/schema_source.h"
#include "model/byte_order.h"

namespace walferry::testing {

/// Schemas that are at hand, by their ids.
class GivenSchemas final : public SchemaSource {
 public:
    Result<RegisteredSchema> schema(std::int32_t id) override {
        ++asked;
        if (out_of_reach) return Error{ErrorKind::Connection, "out of reach", "", ""};
        const auto found = schemas.find(id);
        if (found == schemas.end()) return Error{ErrorKind::Data, "no such schema", "", ""};
        return found->second;
    }

    std::map<std::int32_t, RegisteredSchema> schemas;
    int asked = 0;
    bool out_of_reach = false;
};

/// A body in Confluent's wire format.
inline std::string with_id(std::int32_t id, std::string_view body) {
    std::string record(5, '\0');
    store_big_endian(record.data() + 1, id);
    return record + std::string(body);
}

}  // namespace walferry::testing
