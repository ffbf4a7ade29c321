#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/error.h"

namespace walferry {

/// A schema as a registry has it.
struct RegisteredSchema {
    std::string text;
    /// The texts of the schemas that it refers to by name, each after those that it refers to itself.
    std::vector<std::string> references = {};
};

/// Where the schemas of records in Confluent's wire format come from. Asked once for each id by whoever reads
/// records, on its thread.
class SchemaSource {
 public:
    virtual ~SchemaSource() = default;

    /// Kind Connection: out of reach for now; Data: there is no such schema, which concerns the records that
    /// name it and nothing else. Other kinds concern the set-up, e.g. Permission.
    virtual Result<RegisteredSchema> schema(std::int32_t id) = 0;
};

/// Where the schemas of records that we write go.
class SchemaRegistrar {
 public:
    virtual ~SchemaRegistrar() = default;

    /// The schema's id, registered under the subject if it isn't yet. Asked when a table's encoder is made,
    /// not for each record. Kinds: Connection, Permission; Schema when the registry refuses it, e.g. as
    /// incompatible with the version before.
    virtual Result<std::int32_t> id_of(const std::string& subject, const std::string& schema) = 0;
};

}  // namespace walferry
