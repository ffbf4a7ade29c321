#include "capture/debezium/row_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "capture/debezium/unreadable.h"
#include "model/avro_name.h"

namespace walferry::debezium {

namespace ondemand = simdjson::ondemand;

namespace {

/// Whether the key at `raw` is this name, as it is escaped in JSON. A name has no quote of its own, so
/// that reading stops at the key's end.
bool is_key(const char* raw, std::string_view name) {
    for (const char letter : name) {
        if (*raw++ != letter) return false;
    }
    return *raw == '"';
}

}  // namespace

bool is_added_field(std::string_view name) {
    constexpr std::string_view names[] = {"op",      "deleted",   "schema", "table",    "db",
                                          "lsn",     "txId",      "ts_ms",  "ts_us",    "ts_ns",
                                          "version", "connector", "name",   "sequence", "snapshot"};
    if (!name.starts_with("__")) return false;
    name.remove_prefix(2);
    if (name.starts_with("source_") || name.starts_with("transaction_")) return true;
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_added_key_field(std::string_view name) {
    return name.starts_with("__dbz__");
}

RowOutcome RowReader::failed(std::string_view what) {
    problem_ = what;
    return RowOutcome::Failed;
}

/// The column of a field, -1 when there is none. Fields nearly always come in the order of the columns, and
/// then their names are compared as they stand.
int RowReader::find_column(ondemand::field& field, const TableShape& shape, std::size_t expected,
                           std::string_view& name) {
    if (expected < shape.escaped_names.size() && is_key(field.key().raw(), shape.escaped_names[expected])) {
        name = shape.relation.columns[expected].name;
        return static_cast<int>(expected);
    }
    if (field.unescaped_key().get(name)) {
        name = {};
        return -1;
    }
    return shape.find(name);
}

RowOutcome RowReader::read_value(ondemand::value from, const TableShape& shape, std::size_t column,
                                 const RowRequest& request, Row& to) {
    ConnectValue value;
    const ColumnForm& form = shape.forms[column];
    const bool in_key = shape.relation.columns[column].key;
    if (request.key_only && !in_key && !request.look_at_rest) return RowOutcome::Done;
    if (!json_.read(from, value)) return failed(malformed);
    if (request.key_only && !in_key) {
        to.has_rest = to.has_rest || !is_zero_value(value);
        return RowOutcome::Done;
    }
    const bool written = text_.write(value, form, to.values[column]);
    if (!request.key_only && placeholder_.matches(value, form)) {
        to.placeholders.push_back({static_cast<std::uint16_t>(column), written});
        return RowOutcome::Done;
    }
    if (written) return RowOutcome::Done;
    if (form.form == Form::Inferred) return RowOutcome::Reshape;
    constexpr std::size_t shown_max = 60;
    const std::string_view shown = value.text.substr(0, shown_max);
    return failed(fmt::format(
        "column {}: {} is no value of type {} as Debezium writes it", shape.relation.columns[column].name,
        value.text.empty() ? std::string("what is there") : fmt::format("'{}'", shown), form.type.sql));
}

RowOutcome RowReader::read_row(ondemand::object from, const TableShape& shape, const RowRequest& request,
                               Row& to) {
    const std::size_t count = shape.forms.size();
    to.values.assign(count, ColumnValue{});
    to.placeholders.clear();
    to.has_rest = false;
    seen_.assign(count, 0);
    std::size_t expected = 0, found = 0;
    for (auto item : from) {
        ondemand::field field;
        if (std::move(item).get(field)) return failed(malformed);
        std::string_view name;
        const int column = find_column(field, shape, expected, name);
        if (column < 0) {
            if (name.data() == nullptr) return failed(malformed);
            if (request.added != nullptr && is_added_field(name)) {
                if (!request.added->take(name.substr(2), field.value())) return failed(malformed);
            } else if (request.exact) {
                return RowOutcome::Reshape;
            }
            continue;
        }
        const auto index = static_cast<std::size_t>(column);
        if (seen_[index] != 0) return failed(fmt::format("the row has {} twice", name));
        seen_[index] = 1;
        expected = index + 1;
        ++found;
        const RowOutcome outcome = read_value(field.value(), shape, index, request, to);
        if (outcome != RowOutcome::Done) return outcome;
    }
    if (found == count) return RowOutcome::Done;
    if (request.exact) return RowOutcome::Reshape;
    const auto missing = static_cast<std::size_t>(std::find(seen_.begin(), seen_.end(), 0) - seen_.begin());
    return failed(fmt::format("column {} of the record's schema is not in its row",
                              shape.relation.columns[missing].name));
}

RowOutcome RowReader::read_key(ondemand::object from, const TableShape& shape, Row& to) {
    to.values.assign(shape.forms.size(), ColumnValue{});
    to.is_zero = true;
    std::size_t found = 0;
    for (auto item : from) {
        ondemand::field field;
        std::string_view name;
        if (std::move(item).get(field)) return failed(malformed);
        const std::size_t expected = found < shape.key.size() ? shape.key[found] : shape.forms.size();
        int index = find_column(field, shape, expected, name);
        if (index < 0 && beside_avro_ && expected < shape.forms.size() && name.data() != nullptr &&
            avro_name(name) == avro_name(shape.relation.columns[expected].name))
            index = static_cast<int>(expected);
        if (index < 0 && name.data() != nullptr && is_added_key_field(name)) continue;
        if (index < 0 || expected != static_cast<std::size_t>(index)) return RowOutcome::Reshape;
        ConnectValue value;
        if (!json_.read(field.value(), value)) return failed(malformed);
        to.is_zero = to.is_zero && is_zero_value(value);
        const ColumnForm& form = shape.forms[expected];
        if (!text_.write(value, form, to.values[expected])) {
            if (form.form == Form::Inferred) return RowOutcome::Reshape;
            return failed(fmt::format("the record's key: column {}: '{}' is no value of type {}", name,
                                      value.text.substr(0, 60), form.type.sql));
        }
        ++found;
    }
    return found == shape.key.size() ? RowOutcome::Done : RowOutcome::Reshape;
}

bool RowReader::look_at(ondemand::object from, bool flattened, std::vector<SeenColumn>& to) {
    for (auto item : from) {
        ondemand::field field;
        std::string_view name;
        ConnectValue value;
        if (std::move(item).get(field) || field.unescaped_key().get(name)) return false;
        if (flattened && is_added_field(name)) continue;
        if (!json_.read(field.value(), value)) return false;
        to.push_back({std::string(name), nullptr, inference_of(value)});
    }
    return true;
}

}  // namespace walferry::debezium
