#include "capture/debezium/json_record_reader.h"

#include <utility>

#include "capture/debezium/unreadable.h"

namespace walferry::debezium {

namespace ondemand = simdjson::ondemand;

namespace {

constexpr std::string_view malformed_key = "the record's key can't be read: it is no JSON object";

}  // namespace

std::unique_ptr<RecordReader::Topic> JsonRecordReader::make_topic() const {
    return std::make_unique<JsonTopic>();
}

Result<Payload> JsonRecordReader::payload(const KafkaRecord& record, Topic& topic) {
    return of_json(topic).values.find(*record.value, value_document_, schemas_);
}

Status JsonRecordReader::pass(const KafkaRecord& record, Topic& topic, const Payload& value,
                              EventFields& fields) {
    if (!pass_over(record, topic, value, fields)) return unreadable(malformed);
    return success();
}

bool JsonRecordReader::pass_over(const KafkaRecord& record, Topic& topic, const Payload& value,
                                 EventFields& fields) {
    const TableShape* shape = topic.type == value.type ? topic.shape : nullptr;
    const bool exact = value.type == nullptr;
    EventPass pass({rows_, before_, after_, collections_});
    ondemand::object object;
    collections_.clear();
    if (!value_document_.open(value.text) || !value_document_.object(object)) return false;
    if (options_.flattened && may_be_no_row(record.topic)) {
        if (!pass.read_envelope(object, nullptr, exact, false, fields) || !value_document_.at_end())
            return false;
        if (is_other_event(fields)) return true;
        fields = {};
        if (!value_document_.reopen() || !value_document_.object(object)) return false;
    }
    if (!options_.flattened)
        return pass.read_envelope(object, shape, exact, has_whole_before(topic, shape), fields) &&
               value_document_.at_end();
    if (!pass.read_flattened(object, shape, exact, fields)) return false;
    if (fields.rows == RowOutcome::Done && !value_document_.at_end()) return false;
    complete_flattened(record, fields);
    return true;
}

RowOutcome JsonRecordReader::read_key_of(const KafkaRecord& record, Topic& topic, const TableShape& shape) {
    if (!record.key) return shape.keyed() ? RowOutcome::Reshape : RowOutcome::Done;
    const auto payload = of_json(topic).keys.find(*record.key, key_document_, schemas_);
    if (payload.has_error()) return RowOutcome::Reshape;
    if (payload.value().is_null()) return shape.keyed() ? RowOutcome::Reshape : RowOutcome::Done;
    if (!shape.keyed()) return RowOutcome::Reshape;
    return read_key_text(payload.value().text, key_document_, shape, key_);
}

RowOutcome JsonRecordReader::read_key(const KafkaRecord& record, Topic& topic, const EventFields& fields,
                                      const Row*& key) {
    const TableShape& shape = *topic.shape;
    if (record.key && shape.keyed() && fields.after == Image::Object && fields.before != Image::Object) {
        const auto payload = of_json(topic).keys.find(*record.key, key_document_, schemas_);
        if (payload && stands_in_row(payload.value().text, shape, after_)) {
            key = nullptr;
            return RowOutcome::Done;
        }
    }
    return read_key_of(record, topic, shape);
}

Status JsonRecordReader::look_at_key(const KafkaRecord& record, Topic& topic, const Payload&, SeenKey& key) {
    if (!record.key) return success();
    WALFERRY_TRY(payload, of_json(topic).keys.find(*record.key, key_document_, schemas_));
    if (payload.is_null()) return success();
    ondemand::object object;
    if (!key_document_.open(payload.text) || !key_document_.object(object) ||
        !rows_.look_at(object, false, key) || !key_document_.at_end())
        return unreadable(malformed_key);
    std::erase_if(key, [](const SeenColumn& column) { return is_added_key_field(column.name); });
    if (key.empty()) return unreadable("the record's key has no columns");
    if (payload.type == nullptr) return success();
    for (SeenColumn& column : key) column.type = payload.type->find(column.name);
    return success();
}

Status JsonRecordReader::look_at_bare_row(const EventFields& fields, std::vector<SeenColumn>& columns) {
    ondemand::object object;
    if (!value_document_.reopen() || !value_document_.object(object)) return unreadable("malformed");
    if (options_.flattened)
        return rows_.look_at(object, true, columns) ? Status(success()) : Status(unreadable("malformed"));
    ondemand::object row;
    const bool has_after = fields.after == Image::Object;
    if (object.find_field_unordered(has_after ? "after" : "before").get_object().get(row) ||
        !rows_.look_at(row, false, columns))
        return unreadable("the record can't be read as JSON: its row is malformed");
    return success();
}

}  // namespace walferry::debezium
