#include "apply/column_transforms.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/pgoutput/message_writer.h"

namespace walferry {

namespace {

Error lost_column(const Relation& relation, const std::string& column) {
    return Error{
        ErrorKind::Schema,
        fmt::format("{}: the stream has no column {} any more, which its rule excludes, hashes or "
                    "masks: under another name its values would arrive in clear",
                    relation.qualified_name(), column),
        "put the column's new name into the rule and leave the old one in it, which rows from before still "
        "have; then `walferry run CONFIG`",
        ""};
}

}  // namespace

Result<ColumnTransforms> ColumnTransforms::make(const ColumnRules& rules, const Relation& relation,
                                                const ColumnRules& configured) {
    ColumnTransforms transforms(configured);
    transforms.relation_version_ = relation.version;
    for (std::size_t index = 0; index < relation.columns.size(); ++index) {
        const ColumnRule rule = configured.of(relation.columns[index].name);
        if (rule != ColumnRule::Clear) transforms.columns_.emplace_back(index, rule);
    }
    for (const std::string& name : rules.columns()) {
        const bool found = std::any_of(relation.columns.begin(), relation.columns.end(),
                                       [&](const Column& column) { return column.name == name; });
        if (!found) return lost_column(relation, name);
    }
    return transforms;
}

char* ColumnTransforms::replace(std::vector<ColumnValue>& row, char* to) {
    for (const auto& [index, rule] : columns_) {
        ColumnValue& value = row[index];
        if (rule == ColumnRule::Exclude) {
            value = {};
        } else if (value.kind == ValueKind::Text || value.kind == ValueKind::Binary) {
            char* const end = transform_.write(rule, value.bytes, to);
            value = {ValueKind::Text, {to, static_cast<std::size_t>(end - to)}};
            to = end;
        }
    }
    return to;
}

ChangeEvent ColumnTransforms::apply(const ChangeEvent& event, Scratch& scratch) {
    if (empty() || event.kind == ChangeKind::Truncate) return event;
    ChangeEvent transformed = event;
    scratch.values.resize(2 * columns_.size() * ValueTransform::bytes_max);
    char* to = scratch.values.data();
    if (event.before) {
        scratch.before.assign(event.before->begin(), event.before->end());
        to = replace(scratch.before, to);
        transformed.before = TupleData(scratch.before);
    }
    if (!event.after.empty()) {
        scratch.after.assign(event.after.begin(), event.after.end());
        replace(scratch.after, to);
        transformed.after = scratch.after;
    }
    scratch.message.clear();
    write_change_message(transformed, scratch.message);
    transformed.message = scratch.message;
    return transformed;
}

}  // namespace walferry
