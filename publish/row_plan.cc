#include "publish/row_plan.h"

#include <algorithm>
#include <cassert>

#include "model/byte_order.h"
#include "publish/default_value.h"
#include "publish/json_sink.h"
#include "publish/placeholder.h"

namespace walferry::publish {

namespace {

/// `text` as JSON by the field's own writer; empty when it is none of its values.
std::string json_of(const TypePlan& type, const std::string& text) {
    std::string json;
    JsonSink sink(json);
    return type.from_text(type.format, text, sink) == Carried::Whole ? json : std::string{};
}

FieldPlan plan_field(const PublishedColumn& column, bool in_key, const ValueOptions& options) {
    FieldPlan field{column.name, plan_type(column, options), {}, {}, {}};
    const bool exact = options.fidelity == Fidelity::Exact;
    field.type.schema.optional = !column.not_null || (exact && !in_key);
    append_escaped(field.json_name, column.name);
    field.json_name += ':';
    JsonSink placeholder(field.placeholder_json);
    write_placeholder(field.type.placeholder, options.unavailable, placeholder);
    const bool with_default = !exact && field.type.schema.type != ConnectType::Struct;
    if (const auto text = default_text(column); text && with_default) {
        field.type.schema.default_json = json_of(field.type, *text);
    }
    field.filler_json = field.type.schema.default_json;
    if (field.filler_json.empty()) field.filler_json = json_of(field.type, field.type.filler);
    return field;
}

}  // namespace

ConnectSchema RowPlan::value_schema() const {
    ConnectSchema schema;
    schema.type = ConnectType::Struct;
    schema.optional = true;
    schema.name = topic + ".Value";
    for (const FieldPlan& field : fields) schema.fields.emplace_back(field.name, field.type.schema);
    return schema;
}

ConnectSchema RowPlan::key_schema() const {
    ConnectSchema schema;
    schema.type = ConnectType::Struct;
    schema.name = topic + ".Key";
    for (const std::size_t at : table.key)
        schema.fields.emplace_back(fields[at].name, fields[at].type.schema);
    return schema;
}

RowPlan plan_row(PublishedTable table, std::string_view topic_prefix, const ValueOptions& options) {
    assert(table.in_identity.size() == table.columns.size());
    RowPlan plan;
    plan.topic = table_topic(topic_prefix, table.name);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const bool in_key = std::find(table.key.begin(), table.key.end(), i) != table.key.end();
        plan.fields.push_back(plan_field(table.columns[i], in_key, options));
    }
    plan.key_in_identity = std::all_of(table.key.begin(), table.key.end(),
                                       [&](std::size_t at) { return table.in_identity[at]; });
    plan.table = std::move(table);
    return plan;
}

Carried write_value(const FieldPlan& field, const ColumnValue& value, ValueSink& sink) {
    const bool binary = value.kind == ValueKind::Binary;
    const WriteValue write = binary ? field.type.from_binary : field.type.from_text;
    return write == nullptr ? Carried::Invalid : write(field.type.format, value.bytes, sink);
}

std::vector<bool> columns_as_text(const RowPlan& plan) {
    std::vector<bool> as_text;
    for (const FieldPlan& field : plan.fields) as_text.push_back(field.type.from_binary == nullptr);
    return as_text;
}

Status split_copied_row(std::string_view bytes, const std::vector<bool>& as_text,
                        std::vector<ColumnValue>& row) {
    row.clear();
    const Error broken{ErrorKind::Protocol, "a copied row has not the columns that were asked for", {}, {}};
    while (!bytes.empty()) {
        if (bytes.size() < 4 || row.size() == as_text.size()) return broken;
        const auto length = load_big_endian<std::int32_t>(bytes.data());
        bytes.remove_prefix(4);
        if (length < 0) {
            row.push_back({ValueKind::Null, {}});
            continue;
        }
        if (bytes.size() < static_cast<std::size_t>(length)) return broken;
        row.push_back({as_text[row.size()] ? ValueKind::Text : ValueKind::Binary,
                       bytes.substr(0, static_cast<std::size_t>(length))});
        bytes.remove_prefix(static_cast<std::size_t>(length));
    }
    if (row.size() != as_text.size()) return broken;
    return success();
}

}  // namespace walferry::publish
