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
/// not optimised. Decides what a record is and by which shape it is read; how its bytes are read is for the
/// reader of its format, which derives from it.
class RecordReader {
 public:
    RecordReader(Options options, TableKnowledge knowledge);
    virtual ~RecordReader() = default;
    RecordReader(const RecordReader&) = delete;
    RecordReader& operator=(const RecordReader&) = delete;

    Result<Event> read(const KafkaRecord& record);
    void forget_shapes();

 protected:
    /// What is known of a topic from the records before.
    struct Topic {
        virtual ~Topic() = default;
        const TableShape* shape = nullptr;
        const ConnectType* type = nullptr;  ///< the schema that the shape was made of
        bool whole_rows = false;            ///< see has_whole_rows
    };
    /// A record's key as it shows its columns.
    using SeenKey = std::vector<SeenColumn>;

    virtual std::unique_ptr<Topic> make_topic() const = 0;
    /// The record's value without what its converter puts around it.
    virtual Result<Payload> payload(const KafkaRecord& record, Topic& topic) = 0;
    /// One pass over the payload, by the topic's shape where the payload has its schema.
    virtual Status pass(const KafkaRecord& record, Topic& topic, const Payload& value,
                        EventFields& fields) = 0;
    /// The key of a row that was read; `key` becomes null where it need not be read itself.
    virtual RowOutcome read_key(const KafkaRecord& record, Topic& topic, const EventFields& fields,
                                const Row*& key) = 0;
    virtual RowOutcome read_key_of(const KafkaRecord& record, Topic& topic, const TableShape& shape) = 0;
    /// The columns of the record's key; none where it has no key.
    virtual Status look_at_key(const KafkaRecord& record, Topic& topic, const Payload& value,
                               SeenKey& key) = 0;
    /// The columns of a row without schema, after a pass over its payload.
    virtual Status look_at_bare_row(const EventFields& fields, std::vector<SeenColumn>& columns) = 0;
    /// After RowOutcome::Failed: what was wrong.
    virtual const std::string& row_problem() const { return rows_.problem(); }

    /// Before-images are old rows.
    bool has_whole_before(const Topic& topic, const TableShape* shape) const;
    /// What a flattened row says of itself and of its topic, after its pass.
    void complete_flattened(const KafkaRecord& record, EventFields& fields);
    bool is_other_event(const EventFields& fields) const;
    RowOutcome read_key_text(std::string_view text, JsonDocument& document, const TableShape& shape, Row& to);

    Options options_;
    ShapeCache shapes_;
    ScratchArena arena_;
    RowReader rows_;
    Row before_, after_, key_, other_key_;
    std::vector<CollectionCount> collections_;

 private:
    Topic& topic(std::string_view name);
    Result<Event> read_value(const KafkaRecord& record, Topic& topic);
    Result<Event> read_null(const KafkaRecord& record, Topic& topic);
    bool fits(const Topic& topic, const EventFields& fields) const;
    Result<Event> other_event(const EventFields& fields);
    Result<Event> as_event(const RowParts& parts);
    Result<Event> truncated(const EventFields& fields);
    Result<Event> row_event(const KafkaRecord& record, const EventFields& fields, const Topic& topic,
                            const Row* key);
    Status look_at_row(const Payload& value, const EventFields& fields, const SeenKey& key,
                       std::vector<SeenColumn>& columns);
    /// Finds the shape that the record has, for the next pass.
    Status reshape(const KafkaRecord& record, Topic& topic, const Payload& value, const EventFields& fields);

    JsonDocument other_key_document_;
    std::unordered_map<std::string, std::unique_ptr<Topic>> topics_;
    std::string last_topic_name_;
    Topic* last_topic_ = nullptr;
    std::vector<std::uint16_t> ambiguous_;
    std::string content_;  // of a message
};

/// The type of a row in that of its record; null when there is none.
const ConnectType* row_type(const ConnectType& value, bool flattened);

/// Records that ExtractNewRecordState leaves as they are.
bool may_be_no_row(std::string_view topic);

}  // namespace walferry::debezium
