#include "capture/debezium/row_change.h"

#include <fmt/format.h>

namespace walferry::debezium {

namespace {

Error refused(std::string message) {
    return Error{ErrorKind::Data, std::move(message), "", ""};
}

/// The record's key stands in its row too.
Status check_key(const RowParts& parts, const Row& row, std::string_view image) {
    for (const std::uint16_t column : parts.shape.key) {
        const ColumnValue& in_key = parts.key->values[column];
        const ColumnValue& in_row = row.values[column];
        if (in_key.kind == in_row.kind && in_key.bytes == in_row.bytes) continue;
        return refused(
            fmt::format("the record's key says {} = {}, and {} says {}: such a stream can't be "
                        "applied by key",
                        parts.shape.relation.columns[column].name, in_key.bytes, image, in_row.bytes));
    }
    return success();
}

/// With a primary key and REPLICA IDENTITY USING INDEX, Debezium invents the key of a delete, and the
/// before-image agrees: it is told by what else the image has, which under DEFAULT would be invented as well.
Status check_invented_key(const RowParts& parts) {
    if (parts.whole_before || parts.flattened || !parts.fields.source.is_postgresql()) return success();
    if (parts.fields.before != Image::Object || !parts.key->is_zero || !parts.before.has_rest)
        return success();
    return Error{ErrorKind::Data,
                 "the delete's key holds nothing but zeros, and its before-image more than a key: Debezium "
                 "invents such keys for tables with a primary key and REPLICA IDENTITY USING INDEX",
                 "use REPLICA IDENTITY DEFAULT or FULL", ""};
}

Status set_placeholders(const RowParts& parts) {
    const bool expected = parts.fields.source.is_postgresql() || parts.fields.source.connector == "oracle";
    const bool can_be = expected && (parts.op == Operation::Update ||
                                     (parts.op == Operation::Create && parts.old_key != nullptr));
    if (can_be && !parts.after.placeholders.empty() && parts.old_key != nullptr && parts.old_key->is_zero)
        return refused(
            "the old key holds nothing but zeros, which Debezium invents: whose unchanged values "
            "these are is not known");
    for (const Row::PlaceholderHit& hit : parts.after.placeholders) {
        if (can_be) {
            parts.after.values[hit.column] = {ValueKind::UnchangedToast, {}};
        } else if (!hit.written) {
            return refused(fmt::format("column {}: a placeholder where no value can be missing",
                                       parts.shape.relation.columns[hit.column].name));
        }
    }
    return success();
}

Status set_ambiguous_nulls(const RowParts& parts, AmbiguousNull policy,
                           std::vector<std::uint16_t>& ambiguous) {
    ambiguous.clear();
    if (!parts.fields.source.is_postgresql() || parts.whole_before) return success();
    if (parts.op != Operation::Update && (parts.op != Operation::Create || parts.old_key == nullptr))
        return success();
    for (std::size_t i = 0; i < parts.after.values.size(); ++i) {
        ColumnValue& value = parts.after.values[i];
        if (value.kind != ValueKind::Null || !parts.shape.forms[i].null_is_ambiguous) continue;
        if (policy == AmbiguousNull::DeadLetter)
            return refused(
                fmt::format("column {}: null, or unchanged and out of line: Debezium writes the "
                            "same for both",
                            parts.shape.relation.columns[i].name));
        if (policy == AmbiguousNull::Keep) value.kind = ValueKind::UnchangedToast;
        ambiguous.push_back(static_cast<std::uint16_t>(i));
    }
    return success();
}

Status set_before(const RowParts& parts, RowChange& to) {
    const bool is_delete = parts.op == Operation::Delete;
    const bool has_image = parts.fields.before == Image::Object;
    if (!parts.shape.keyed()) {
        if (parts.op == Operation::Create || parts.op == Operation::Read) return success();
        if (!has_image)
            return refused("an update or delete without key and without before-image: its row is not known");
        to.before = parts.before.values;
        to.before_is_full = true;
        return success();
    }
    if (has_image && (is_delete || parts.op == Operation::Update)) {
        WALFERRY_TRYV(check_key(parts, parts.before, "before"));
        if (is_delete) {
            WALFERRY_TRYV(check_invented_key(parts));
        }
        if (parts.whole_before) {
            to.before = parts.before.values;
            to.before_is_full = true;
            return success();
        }
    }
    if (is_delete) to.before = parts.key->values;
    return success();
}

}  // namespace

bool stands_in_row(std::string_view key, const TableShape& shape, const Row& row) {
    const auto take = [&key](std::string_view text) {
        if (!key.starts_with(text)) return false;
        key.remove_prefix(text.size());
        return true;
    };
    std::string_view before = "{\"";
    for (const std::uint16_t column : shape.key) {
        const Form form = shape.forms[column].form;
        const ColumnValue& value = row.values[column];
        if ((form != Form::Integer && form != Form::Text) || value.kind != ValueKind::Text) return false;
        if (!take(before) || !take(shape.escaped_names[column]) || !take("\":")) return false;
        const std::string_view quote = form == Form::Text ? "\"" : "";
        if (value.bytes.find_first_of("\"\\") != std::string_view::npos) return false;
        if (!take(quote) || !take(value.bytes) || !take(quote)) return false;
        before = ",\"";
    }
    return take("}") && key.empty();
}

bool has_whole_rows(std::string_view connector) {
    return connector == "mysql" || connector == "mariadb" || connector == "sqlserver";
}

Status make_row_change(const RowParts& parts, AmbiguousNull policy, std::vector<std::uint16_t>& ambiguous,
                       RowChange& to) {
    to.op = parts.op;
    to.shape = &parts.shape;
    to.source = parts.fields.source;
    to.transaction = parts.fields.transaction;
    to.time_us = parts.fields.time.value_us();
    to.flattened = parts.flattened;
    if (parts.op == Operation::Truncate) return success();
    WALFERRY_TRYV(set_before(parts, to));
    if (parts.op != Operation::Delete) {
        if (parts.fields.after != Image::Object) return refused("an event without the row that it is about");
        if (parts.shape.keyed() && parts.key != nullptr) {
            WALFERRY_TRYV(check_key(parts, parts.after, "after"));
        }
        WALFERRY_TRYV(set_placeholders(parts));
        WALFERRY_TRYV(set_ambiguous_nulls(parts, policy, ambiguous));
        to.after = parts.after.values;
        to.ambiguous_nulls = ambiguous;
    }
    if (parts.new_key != nullptr) to.new_key = parts.new_key->values;
    if (parts.old_key != nullptr) to.old_key = parts.old_key->values;
    return success();
}

}  // namespace walferry::debezium
