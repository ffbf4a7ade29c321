#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/debezium/avro_event_pass.h"
#include "capture/debezium/record_reader.h"

namespace walferry::debezium {

/// Records in Confluent's wire format: a zero byte, the id of the writer's schema (four bytes, big-endian),
/// and the value in Avro's binary encoding; key and value have an id each. Headers are JSON all the same.
class AvroRecordReader final : public RecordReader {
 public:
    /// `schemas` outlives the reader.
    AvroRecordReader(Options options, TableKnowledge knowledge, SchemaSource& schemas);

 private:
    /// One schema of a topic's keys or values, found without looking it up.
    struct Remembered {
        std::int32_t id = 0;
        const AvroWriter* writer = nullptr;
    };
    struct AvroTopic final : Topic {
        Remembered value, key;
        AvroLayout before_layout, after_layout;
        const AvroType* key_record = nullptr;  ///< that key_columns are of
        std::vector<std::string> key_columns;
        const TableShape* key_shape = nullptr;  ///< one that has key_columns as its key
    };
    struct Body {
        const AvroWriter* writer = nullptr;
        std::string_view bytes;
        bool is_null = false;
    };
    static AvroTopic& of_avro(Topic& topic) { return static_cast<AvroTopic&>(topic); }

    std::unique_ptr<Topic> make_topic() const override { return std::make_unique<AvroTopic>(); }
    Result<Payload> payload(const KafkaRecord& record, Topic& topic) override;
    Status pass(const KafkaRecord& record, Topic& topic, const Payload& value, EventFields& fields) override;
    RowOutcome read_key(const KafkaRecord& record, Topic& topic, const EventFields& fields,
                        const Row*& key) override;
    RowOutcome read_key_of(const KafkaRecord& record, Topic& topic, const TableShape& shape) override;
    Status look_at_key(const KafkaRecord& record, Topic& topic, const Payload& value, SeenKey& key) override;
    Status look_at_bare_row(const EventFields& fields, std::vector<SeenColumn>& columns) override;
    const std::string& row_problem() const override { return avro_rows_.problem(); }

    Result<Body> body_of(std::string_view bytes, std::string_view what, Remembered& remembered);
    bool pass_over(const KafkaRecord& record, AvroTopic& topic, const Payload& value, EventFields& fields);

    AvroSchemas schemas_;
    AvroRowReader avro_rows_;
};

}  // namespace walferry::debezium
