#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "capture/debezium/avro_type.h"
#include "capture/debezium/connect_type.h"

namespace walferry::debezium {

/// What a field of an envelope, or of another record of Debezium's that is no row, is.
enum class EnvelopeField : std::uint8_t {
    Before,
    After,
    Source,
    Op,
    Transaction,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    Message,
    Status,
    Id,
    EventCount,
    DataCollections,
    Database,
    Schema,
    Ddl,
    PassedOver,  ///< says nothing to us
    Other        ///< none of Debezium's
};

/// What a field of `source` is.
enum class SourceField : std::uint8_t {
    PassedOver,
    Connector,
    Name,
    Db,
    Schema,
    Table,
    Snapshot,
    Sequence,
    Lsn,
    TransactionId,
    Milliseconds,
    Microseconds,
    Nanoseconds
};
SourceField source_field(std::string_view name);

/// A writer's schema, ready to read by.
struct AvroWriter {
    AvroSchema schema;
    ConnectType type;
    const AvroType* record = nullptr;     ///< the root, without null beside it; null: it is no record
    std::vector<EnvelopeField> envelope;  ///< of record's fields
    std::vector<SourceField> source;      ///< of the fields of its `source`
};

/// The schemas of records, by their ids in a registry. Each is asked for and compiled once: what an id means
/// never changes. Not thread-safe.
class AvroSchemas {
 public:
    /// `source` outlives this.
    explicit AvroSchemas(SchemaSource& source) : source_(source) {}

    /// Holds as long as this. Kinds: those of SchemaSource; Data for a schema that can't be read.
    Result<const AvroWriter*> find(std::int32_t id);

 private:
    SchemaSource& source_;
    std::unordered_map<std::int32_t, std::unique_ptr<const AvroWriter>> writers_;
    std::unordered_map<std::int32_t, Error> unreadable_;
};

}  // namespace walferry::debezium
