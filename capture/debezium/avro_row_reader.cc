#include "capture/debezium/avro_row_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/debezium/unreadable.h"

namespace walferry::debezium {

namespace {

/// A value for a message, shortened.
std::string shown(const ConnectValue& value) {
    constexpr std::size_t shown_max = 60;
    switch (value.kind) {
        case ConnectValue::Kind::Integer:
            return fmt::format("'{}'", value.integer);
        case ConnectValue::Kind::Number:
            return fmt::format("'{}'", value.number);
        case ConnectValue::Kind::String:
            return fmt::format("'{}'", value.text.substr(0, shown_max));
        default:
            return "what is there";
    }
}

}  // namespace

void AvroLayout::set(const AvroType& record, const TableShape& shape, bool flattened) {
    if (is_of(record, shape)) return;
    record_ = &record;
    shape_ = &shape;
    columns_.clear();
    for (const AvroField& field : record.fields) {
        const std::string& name = field.source_column.empty() ? field.name : field.source_column;
        const int column = flattened && is_added_field(field.name) ? added : shape.find(name);
        columns_.push_back(static_cast<std::int16_t>(column));
    }
}

RowOutcome AvroRowReader::failed(std::string what) {
    problem_ = std::move(what);
    return RowOutcome::Failed;
}

RowOutcome AvroRowReader::read_column(AvroBytes& from, const AvroType& type, const TableShape& shape,
                                      std::size_t column, const RowRequest& request, Row& to) {
    const bool in_key = shape.relation.columns[column].key;
    if (request.key_only && !in_key && !request.look_at_rest)
        return values_.skip(from, type) ? RowOutcome::Done : failed(std::string(malformed_avro));
    ConnectValue value;
    if (!values_.read(from, type, value)) return failed(std::string(malformed_avro));
    if (request.key_only && !in_key) {
        to.has_rest = to.has_rest || !is_zero_value(value);
        return RowOutcome::Done;
    }
    const ColumnForm& form = shape.forms[column];
    const bool written = text_.write(value, form, to.values[column]);
    if (!request.key_only && placeholder_.matches(value, form)) {
        to.placeholders.push_back({static_cast<std::uint16_t>(column), written});
        return RowOutcome::Done;
    }
    if (written) return RowOutcome::Done;
    return failed(fmt::format("column {}: {} is no value of type {} as Debezium writes it",
                              shape.relation.columns[column].name, shown(value), form.type.sql));
}

RowOutcome AvroRowReader::read_row(AvroBytes& from, const AvroType& record, const AvroLayout& layout,
                                   const TableShape& shape, const RowRequest& request, AddedValues* added,
                                   Row& to) {
    to.values.assign(shape.forms.size(), ColumnValue{});
    to.placeholders.clear();
    to.has_rest = false;
    std::size_t found = 0;
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
        const AvroType& type = *record.fields[i].type;
        const int column = layout.column(i);
        if (column >= 0) {
            ++found;
            const auto index = static_cast<std::size_t>(column);
            const RowOutcome outcome = read_column(from, type, shape, index, request, to);
            if (outcome != RowOutcome::Done) return outcome;
            continue;
        }
        ConnectValue value;
        const bool taken = column == AvroLayout::added && added != nullptr;
        if (taken ? !values_.read(from, type, value) ||
                        !added->take(std::string_view(record.fields[i].name).substr(2), value)
                  : !values_.skip(from, type))
            return failed(std::string(malformed_avro));
    }
    if (found == shape.forms.size()) return RowOutcome::Done;
    return failed("a column of the row is not in its before-image");
}

RowOutcome AvroRowReader::read_key(AvroBytes& from, const AvroType& record, const TableShape& shape,
                                   Row& to) {
    to.values.assign(shape.forms.size(), ColumnValue{});
    to.is_zero = true;
    std::size_t found = 0;
    for (const AvroField& field : record.fields) {
        ConnectValue value;
        if (!values_.read(from, *field.type, value)) return failed(std::string(malformed_avro_key));
        if (is_added_key_field(field.name)) continue;
        const std::size_t column = shape.key[found++];
        to.is_zero = to.is_zero && is_zero_value(value);
        const ColumnForm& form = shape.forms[column];
        if (!text_.write(value, form, to.values[column]))
            return failed(fmt::format("the record's key: column {}: {} is no value of type {}",
                                      shape.relation.columns[column].name, shown(value), form.type.sql));
    }
    return from.left() == 0 ? RowOutcome::Done : failed(std::string(malformed_avro_key));
}

}  // namespace walferry::debezium
