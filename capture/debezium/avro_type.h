#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/schema_source.h"
#include "model/error.h"

namespace walferry::debezium {

/// Types of Avro's specification (1.11). Those with a name may refer to themselves: a type is a graph.
enum class AvroKind : std::uint8_t {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed,
    Enum,
    Array,
    Map,
    Record,
    Union
};

struct AvroType;

struct AvroField {
    std::string name;
    const AvroType* type = nullptr;
    std::string source_column;  ///< see ConnectType
};

/// A type of a writer's schema, as its bytes are to be read, with what Connect's converters say of it.
struct AvroType {
    AvroKind kind = AvroKind::Null;
    std::vector<AvroField> fields;           ///< Record
    std::vector<std::string> symbols;        ///< Enum
    std::vector<const AvroType*> branches;   ///< Union
    const AvroType* item = nullptr;          ///< Array, Map
    std::size_t size = 0;                    ///< Fixed
    std::string connect_name, connect_type;  ///< connect.name, connect.type
    std::string logical;                     ///< logicalType
    bool is_entry = false;                   ///< Record: a key and a value; an array of them is a map
    std::int32_t scale = 0, precision = -1, length = -1;  ///< see ConnectType
};

/// A schema with all its types. Pointers to them hold as long as it does, wherever it is moved.
class AvroSchema {
 public:
    /// Kind Data for what is no schema.
    static Result<AvroSchema> parse(const RegisteredSchema& schema);

    const AvroType& root() const { return *root_; }

 private:
    friend class AvroParser;
    std::deque<AvroType> types_;
    const AvroType* root_ = nullptr;
};

/// The branch of a union of null and one type, of anything else the type itself. Null: a union of several.
const AvroType* value_type(const AvroType& type);

}  // namespace walferry::debezium
