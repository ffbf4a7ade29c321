// The part of RecordReader that finds out which shape a record has.
#include <fmt/format.h>

#include <utility>

#include "capture/debezium/record_reader.h"
#include "capture/debezium/unreadable.h"

namespace walferry::debezium {

namespace ondemand = simdjson::ondemand;

namespace {

constexpr std::string_view malformed_key = "the record's key can't be read: it is no JSON object";

void add_columns(const ConnectType& type, bool flattened, std::vector<SeenColumn>& to) {
    for (const ConnectType& part : type.parts) {
        if (flattened && is_added_field(part.field)) continue;
        to.push_back({part.field, &part, Inference::Unseen});
    }
}

}  // namespace

RowOutcome RecordReader::read_key_text(std::string_view text, JsonDocument& document, const TableShape& shape,
                                       Row& to) {
    ondemand::object object;
    if (!document.open(text) || !document.object(object)) return RowOutcome::Reshape;
    const RowOutcome outcome = rows_.read_key(object, shape, to);
    return outcome == RowOutcome::Done && !document.at_end() ? RowOutcome::Reshape : outcome;
}

RowOutcome RecordReader::read_key_of(const KafkaRecord& record, Topic& topic, const TableShape& shape) {
    if (!record.key) return shape.keyed() ? RowOutcome::Reshape : RowOutcome::Done;
    const auto payload = topic.keys.find(*record.key, key_document_, schemas_);
    if (payload.has_error()) return RowOutcome::Reshape;
    if (payload.value().is_null()) return shape.keyed() ? RowOutcome::Reshape : RowOutcome::Done;
    if (!shape.keyed()) return RowOutcome::Reshape;
    return read_key_text(payload.value().text, key_document_, shape, key_);
}

RowOutcome RecordReader::read_key(const KafkaRecord& record, Topic& topic, const EventFields& fields,
                                  const Row*& key) {
    const TableShape& shape = *topic.shape;
    if (record.key && shape.keyed() && fields.after == Image::Object && fields.before != Image::Object) {
        const auto payload = topic.keys.find(*record.key, key_document_, schemas_);
        if (payload && stands_in_row(payload.value().text, shape, after_)) {
            key = nullptr;
            return RowOutcome::Done;
        }
    }
    return read_key_of(record, topic, shape);
}

Status RecordReader::look_at_key(const KafkaRecord& record, Topic& topic, SeenKey& key) {
    if (!record.key) return success();
    WALFERRY_TRY(payload, topic.keys.find(*record.key, key_document_, schemas_));
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

/// The columns of `after`, else of `before`; of a delete without it those that the table had last, else those
/// of the key.
Status RecordReader::look_at_row(const Payload& value, const EventFields& fields, const SeenKey& key,
                                 std::vector<SeenColumn>& columns) {
    if (value.type != nullptr) {
        const ConnectType* type = value.type;
        if (!options_.flattened) {
            type = value.type->find("after");
            if (type == nullptr) type = value.type->find("before");
        }
        if (type == nullptr || type->kind != ConnectKind::Struct)
            return unreadable("the record's schema is none of Debezium's: it has no row");
        add_columns(*type, options_.flattened, columns);
        return success();
    }
    ondemand::object object;
    if (!value_document_.reopen() || !value_document_.object(object)) return unreadable("malformed");
    if (options_.flattened)
        return rows_.look_at(object, true, columns) ? Status(success()) : Status(unreadable("malformed"));
    const bool has_after = fields.after == Image::Object;
    if (has_after || fields.before == Image::Object) {
        ondemand::object row;
        if (object.find_field_unordered(has_after ? "after" : "before").get_object().get(row) ||
            !rows_.look_at(row, false, columns))
            return unreadable("the record can't be read as JSON: its row is malformed");
        return success();
    }
    const TableShape* last = shapes_.last(fields.source.schema, fields.source.table);
    if (last == nullptr) {
        columns = key;
    } else {
        for (const Column& column : last->relation.columns) columns.push_back({column.name, nullptr, {}});
    }
    return success();
}

Status RecordReader::reshape(const KafkaRecord& record, Topic& topic, const Payload& value,
                             const EventFields& fields) {
    SeenKey key;
    std::vector<SeenColumn> columns;
    // Views into the document do not outlive another pass over it.
    const std::string schema(fields.source.schema), table(fields.source.table);
    topic.whole_rows = has_whole_rows(fields.source.connector);
    WALFERRY_TRYV(look_at_key(record, topic, key));
    WALFERRY_TRYV(look_at_row(value, fields, key, columns));
    std::vector<std::string> names;
    for (const SeenColumn& column : key) names.push_back(column.name);
    // Values outside the key of a before-image may be invented: they say nothing about types.
    if (fields.after != Image::Object && !key.empty() && !topic.whole_rows) {
        for (SeenColumn& column : columns) {
            const auto same = [&](const std::string& name) { return name == column.name; };
            if (std::none_of(names.begin(), names.end(), same)) column.value = Inference::Unseen;
        }
    }
    WALFERRY_TRY(shape, shapes_.shape(schema, table, columns, names));
    topic.shape = shape;
    topic.type = value.type;
    return success();
}

}  // namespace walferry::debezium
