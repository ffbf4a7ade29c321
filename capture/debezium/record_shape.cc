// The part of RecordReader that finds out which shape a record has.
#include <fmt/format.h>

#include <utility>

#include "capture/debezium/record_reader.h"
#include "capture/debezium/unreadable.h"

namespace walferry::debezium {

namespace {

void add_columns(const ConnectType& type, bool flattened, std::vector<SeenColumn>& to) {
    for (const ConnectType& part : type.parts) {
        if (flattened && is_added_field(part.field)) continue;
        to.push_back({std::string(part.column()), &part, Inference::Unseen});
    }
}

}  // namespace

RowOutcome RecordReader::read_key_text(std::string_view text, JsonDocument& document, const TableShape& shape,
                                       Row& to) {
    simdjson::ondemand::object object;
    if (!document.open(text) || !document.object(object)) return RowOutcome::Reshape;
    const RowOutcome outcome = rows_.read_key(object, shape, to);
    return outcome == RowOutcome::Done && !document.at_end() ? RowOutcome::Reshape : outcome;
}

/// The columns of `after`, else of `before`; of a delete without it those that the table had last, else those
/// of the key.
Status RecordReader::look_at_row(const Payload& value, const EventFields& fields, const SeenKey& key,
                                 std::vector<SeenColumn>& columns) {
    if (value.type != nullptr) {
        const ConnectType* type = row_type(*value.type, options_.flattened);
        if (type == nullptr) return unreadable("the record's schema is none of Debezium's: it has no row");
        add_columns(*type, options_.flattened, columns);
        return success();
    }
    if (options_.flattened || fields.after == Image::Object || fields.before == Image::Object)
        return look_at_bare_row(fields, columns);
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
    WALFERRY_TRYV(look_at_key(record, topic, value, key));
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

const ConnectType* row_type(const ConnectType& value, bool flattened) {
    const ConnectType* type = &value;
    if (!flattened) {
        type = value.find("after");
        if (type == nullptr) type = value.find("before");
    }
    return type == nullptr || type->kind != ConnectKind::Struct ? nullptr : type;
}

}  // namespace walferry::debezium
