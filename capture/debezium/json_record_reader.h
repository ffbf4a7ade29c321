#pragma once

#include <memory>
#include <vector>

#include "capture/debezium/record_reader.h"

namespace walferry::debezium {

/// Records of JsonConverter, with and without schemas.
class JsonRecordReader final : public RecordReader {
 public:
    using RecordReader::RecordReader;

 private:
    struct JsonTopic final : Topic {
        PayloadFinder values, keys;
    };
    static JsonTopic& of_json(Topic& topic) { return static_cast<JsonTopic&>(topic); }

    std::unique_ptr<Topic> make_topic() const override;
    Result<Payload> payload(const KafkaRecord& record, Topic& topic) override;
    Status pass(const KafkaRecord& record, Topic& topic, const Payload& value, EventFields& fields) override;
    RowOutcome read_key(const KafkaRecord& record, Topic& topic, const EventFields& fields,
                        const Row*& key) override;
    RowOutcome read_key_of(const KafkaRecord& record, Topic& topic, const TableShape& shape) override;
    Status look_at_key(const KafkaRecord& record, Topic& topic, const Payload& value, SeenKey& key) override;
    Status look_at_bare_row(const EventFields& fields, std::vector<SeenColumn>& columns) override;

    /// False when it is malformed.
    bool pass_over(const KafkaRecord& record, Topic& topic, const Payload& value, EventFields& fields);

    SchemaMemory schemas_;
    JsonDocument value_document_, key_document_;
};

}  // namespace walferry::debezium
