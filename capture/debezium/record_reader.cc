#include "capture/debezium/record_reader.h"

#include <fmt/format.h>

#include <utility>

#include "capture/debezium/key_headers.h"
#include "capture/debezium/unreadable.h"
#include "model/base64.h"

namespace walferry::debezium {

namespace {

/// Schema and table are the last two parts of a topic's name.
bool read_topic_name(std::string_view name, SourceBlock& source) {
    const std::size_t last = name.rfind('.');
    if (last == std::string_view::npos || last == 0) return !source.schema.empty() && !source.table.empty();
    const std::string_view before = name.substr(0, last);
    const std::size_t first = before.rfind('.');
    if (source.table.empty()) source.table = name.substr(last + 1);
    if (source.schema.empty())
        source.schema = first == std::string_view::npos ? before : before.substr(first + 1);
    return true;
}

std::optional<std::string_view> header(const KafkaRecord& record, std::string_view name) {
    for (const KafkaHeader& header : record.headers) {
        if (header.name == name) return header.value;
    }
    return std::nullopt;
}

bool is_boundary(const EventFields& fields) {
    return fields.op.empty() && !fields.id.empty() && (fields.status == "BEGIN" || fields.status == "END");
}

bool is_heartbeat(const EventFields& fields) {
    return fields.op.empty() && !fields.has_others && fields.time.value_us() != 0 && fields.status.empty() &&
           fields.before == Image::Absent && fields.after == Image::Absent;
}

bool is_message(const EventFields& fields) {
    return fields.op == "m" && fields.has_message;
}

Operation operation_of_row(const EventFields& fields, bool flattened) {
    if (flattened && fields.deleted == "true") return Operation::Delete;
    return fields.operation().value_or(Operation::Update);
}

}  // namespace

bool may_be_no_row(std::string_view topic) {
    return topic.starts_with("__debezium-heartbeat") || topic.ends_with(".transaction") ||
           topic.ends_with(".message");
}

RecordReader::RecordReader(Options options, TableKnowledge knowledge)
    : options_(std::move(options)), shapes_(options_, std::move(knowledge)), rows_(arena_, options_) {}

void RecordReader::forget_shapes() {
    for (auto& [name, topic] : topics_) topic->shape = nullptr;
}

RecordReader::Topic& RecordReader::topic(std::string_view name) {
    if (last_topic_ != nullptr && last_topic_name_ == name) return *last_topic_;
    last_topic_name_ = name;
    std::unique_ptr<Topic>& place = topics_[last_topic_name_];
    if (!place) place = make_topic();
    last_topic_ = place.get();
    return *place;
}

Result<Event> RecordReader::read(const KafkaRecord& record) {
    arena_.reset();
    Topic& known = topic(record.topic);
    if (!record.value) return read_null(record, known);
    return read_value(record, known);
}

bool RecordReader::is_other_event(const EventFields& fields) const {
    return !fields.has_others && (is_boundary(fields) || is_heartbeat(fields) || is_message(fields));
}

bool RecordReader::has_whole_before(const Topic& topic, const TableShape* shape) const {
    return shape != nullptr && (!shape->keyed() || shape->full_identity || topic.whole_rows);
}

void RecordReader::complete_flattened(const KafkaRecord& record, EventFields& fields) {
    read_topic_name(record.topic, fields.source);
    if (operation_of_row(fields, true) == Operation::Delete) {
        fields.before = std::exchange(fields.after, Image::Null);
        std::swap(before_, after_);
    }
}

/// Whether the rows were read by the right shape.
bool RecordReader::fits(const Topic& topic, const EventFields& fields) const {
    if (topic.shape == nullptr || topic.shape->relation.name != fields.source.table ||
        topic.shape->relation.schema != fields.source.schema)
        return false;
    return options_.flattened || fields.before != Image::Object ||
           has_whole_rows(fields.source.connector) == topic.whole_rows;
}

Result<Event> RecordReader::read_value(const KafkaRecord& record, Topic& topic) {
    WALFERRY_TRY(value, payload(record, topic));
    if (value.is_null()) return read_null(record, topic);
    constexpr int passes_max = 3;
    for (int number = 1; number <= passes_max; ++number) {
        EventFields fields;
        WALFERRY_TRYV(pass(record, topic, value, fields));
        const bool is_row = options_.flattened
                                ? fields.after != Image::Absent || fields.before != Image::Absent
                                : fields.operation().has_value();
        if (!is_row) return other_event(fields);
        if (fields.source.table.empty() || fields.source.schema.empty())
            return unreadable("the event does not say of which table it is");
        const Operation op = operation_of_row(fields, options_.flattened);
        if (op == Operation::Truncate) return truncated(fields);
        const bool fitting = topic.type == value.type && fits(topic, fields);
        RowOutcome outcome = fitting ? fields.rows : RowOutcome::Reshape;
        if (outcome == RowOutcome::Failed) return unreadable(fields.row_problem);
        const Row* key = &key_;
        if (outcome == RowOutcome::Done) outcome = read_key(record, topic, fields, key);
        if (outcome == RowOutcome::Failed) return unreadable(row_problem());
        if (outcome == RowOutcome::Done) return row_event(record, fields, topic, key);
        WALFERRY_TRYV(reshape(record, topic, value, fields));
    }
    return unreadable("the row's values are none that PostgreSQL has a text for");
}

Result<Event> RecordReader::as_event(const RowParts& parts) {
    Result<Event> event{Event(std::in_place_type<RowChange>)};
    WALFERRY_TRYV(make_row_change(parts, options_.ambiguous_null, ambiguous_,
                                  *std::get_if<RowChange>(&event.assume_value())));
    return event;
}

Result<Event> RecordReader::truncated(const EventFields& fields) {
    const TableShape* shape = shapes_.last(fields.source.schema, fields.source.table);
    if (shape == nullptr) {
        WALFERRY_TRY(empty, shapes_.shape(fields.source.schema, fields.source.table, {}, {}));
        shape = empty;
    }
    const RowParts parts{*shape, fields, Operation::Truncate, before_, after_, &key_};
    return as_event(parts);
}

Result<Event> RecordReader::row_event(const KafkaRecord& record, const EventFields& fields,
                                      const Topic& topic, const Row* key) {
    const TableShape& shape = *topic.shape;
    const Operation op = operation_of_row(fields, options_.flattened);
    RowParts parts{shape, fields, op, before_, after_, key};
    parts.flattened = options_.flattened;
    parts.whole_before = !shape.keyed() || shape.full_identity || (!options_.flattened && topic.whole_rows);
    const bool moves = shape.keyed() && (op == Operation::Delete || op == Operation::Create);
    const auto other =
        moves ? header(record, op == Operation::Delete ? new_key_header : old_key_header) : std::nullopt;
    if (other) {
        const RowOutcome outcome = read_key_text(*other, other_key_document_, shape, other_key_);
        if (outcome == RowOutcome::Failed) return unreadable(rows_.problem());
        if (outcome == RowOutcome::Reshape)
            return unreadable("the header with the other key has not the columns of the key");
        (op == Operation::Delete ? parts.new_key : parts.old_key) = &other_key_;
    }
    return as_event(parts);
}

Result<Event> RecordReader::other_event(const EventFields& fields) {
    if (is_message(fields)) {
        content_.clear();
        if (fields.content_is_bytes) {
            content_ = fields.content;
        } else if (!append_from_base64(content_, fields.content))
            return unreadable("a message that is no base64");
        LogicalMessage message{fields.prefix, content_, fields.source, fields.transaction};
        return Event(message);
    }
    if (is_boundary(fields)) {
        TransactionBoundary boundary;
        boundary.end = fields.status == "END";
        boundary.id = fields.id;
        boundary.event_count = fields.event_count;
        boundary.collections = collections_;
        boundary.time_us = fields.time.value_us();
        return Event(boundary);
    }
    if (fields.has_ddl && fields.op.empty())
        return Event(SchemaChange{fields.database, fields.schema, fields.ddl, fields.source});
    if (is_heartbeat(fields)) return Event(Heartbeat{fields.time.value_us()});
    return Error{
        ErrorKind::Data,
        fields.op.empty() ? std::string("no envelope of Debezium's: there is no op in it")
                          : fmt::format("unknown op '{}'", fields.op),
        fields.op.empty() ? "set flattened: true where the topic comes from ExtractNewRecordState" : "", ""};
}

/// A null value ends a key's life in Kafka. Flattened, it is the delete itself.
Result<Event> RecordReader::read_null(const KafkaRecord& record, Topic& topic) {
    if (!options_.flattened || options_.tombstone_after_delete || !record.key) return Event(Tombstone{});
    EventFields fields;
    fields.op = "d";
    if (!read_topic_name(record.topic, fields.source))
        return unreadable("the topic's name does not say of which table its records are");
    SeenKey key;
    WALFERRY_TRYV(look_at_key(record, topic, {}, key));
    if (key.empty()) return Event(Tombstone{});
    const TableShape* shape = shapes_.last(fields.source.schema, fields.source.table);
    RowOutcome outcome = shape == nullptr ? RowOutcome::Reshape : read_key_of(record, topic, *shape);
    if (outcome == RowOutcome::Reshape) {
        std::vector<std::string> names;
        for (const SeenColumn& column : key) names.push_back(column.name);
        WALFERRY_TRY(made, shapes_.shape(fields.source.schema, fields.source.table, key, names));
        shape = made;
        outcome = read_key_of(record, topic, *shape);
    }
    if (outcome != RowOutcome::Done) return unreadable(row_problem());
    RowParts parts{*shape, fields, Operation::Delete, before_, after_, &key_};
    parts.flattened = true;
    return as_event(parts);
}

}  // namespace walferry::debezium
