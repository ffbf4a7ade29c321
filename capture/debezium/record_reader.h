#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capture/debezium/event.h"
#include "capture/debezium/event_fields.h"
#include "capture/debezium/json_document.h"
#include "capture/debezium/options.h"
#include "capture/debezium/row_change.h"
#include "capture/debezium/row_reader.h"
#include "capture/kafka/kafka_record.h"
#include "model/error.h"

namespace walferry::debezium {

/// What EventReader does, behind a header without simdjson: its classes have another layout in code that is
/// not optimised.
class RecordReader {
 public:
    explicit RecordReader(Options options, TableKnowledge knowledge = {});

    Result<Event> read(const KafkaRecord& record);
    void forget_shapes();

 private:
    /// What is known of a topic from the records before.
    struct Topic {
        PayloadFinder values, keys;
        const TableShape* shape = nullptr;
        const ConnectType* type = nullptr;  ///< the schema that the shape was made of
        bool whole_rows = false;            ///< see has_whole_rows
    };
    /// A record's key as it shows its columns.
    using SeenKey = std::vector<SeenColumn>;

    Topic& topic(std::string_view name);
    Result<Event> read_value(const KafkaRecord& record, Topic& topic);
    Result<Event> read_null(const KafkaRecord& record, Topic& topic);
    /// One pass over the payload; false when it is malformed.
    bool pass(const KafkaRecord& record, const Topic& topic, const Payload& value, EventFields& fields);
    bool fits(const Topic& topic, const EventFields& fields) const;
    Result<Event> other_event(const EventFields& fields);
    Result<Event> as_event(const RowParts& parts);
    Result<Event> truncated(const EventFields& fields);
    Result<Event> row_event(const KafkaRecord& record, const EventFields& fields, const Topic& topic,
                            const Row* key);

    /// The key of a row that was read; `key` becomes null where it need not be read itself.
    RowOutcome read_key(const KafkaRecord& record, Topic& topic, const EventFields& fields, const Row*& key);
    RowOutcome read_key_of(const KafkaRecord& record, Topic& topic, const TableShape& shape);
    RowOutcome read_key_text(std::string_view text, JsonDocument& document, const TableShape& shape, Row& to);
    Status look_at_key(const KafkaRecord& record, Topic& topic, SeenKey& key);
    Status look_at_row(const Payload& value, const EventFields& fields, const SeenKey& key,
                       std::vector<SeenColumn>& columns);
    /// Finds the shape that the record has, for the next pass.
    Status reshape(const KafkaRecord& record, Topic& topic, const Payload& value, const EventFields& fields);

    Options options_;
    ShapeCache shapes_;
    SchemaMemory schemas_;
    ScratchArena arena_;
    RowReader rows_;
    JsonDocument value_document_, key_document_, other_key_document_;
    std::unordered_map<std::string, std::unique_ptr<Topic>> topics_;
    std::string last_topic_name_;
    Topic* last_topic_ = nullptr;
    Row before_, after_, key_, other_key_;
    std::vector<std::uint16_t> ambiguous_;
    std::vector<CollectionCount> collections_;
    std::string content_;  // of a message
};

}  // namespace walferry::debezium
