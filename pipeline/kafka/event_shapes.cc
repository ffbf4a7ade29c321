#include "pipeline/kafka/event_shapes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apply/schema/shape_change.h"
#include "capture/debezium/built_in_types.h"
#include "model/pg_types.h"

namespace walferry {

namespace {

std::vector<std::string> key_of(const SourceTable& table) {
    std::vector<std::string> key;
    for (const SourceColumn& column : table.columns) {
        if (column.in_primary_key) key.push_back(column.name);
    }
    std::sort(key.begin(), key.end());
    return key;
}

/// Integers by their width, 0 for anything else.
int integer_width(const SourceType& type) {
    switch (type.oid) {
        case pg_types::int2:
            return 2;
        case pg_types::int4:
            return 4;
        case pg_types::int8:
            return 8;
        default:
            return 0;
    }
}

bool is_text(const SourceType& type) {
    return type.oid == pg_types::text || type.oid == pg_types::varchar;
}

struct NumericShape {
    int whole = 0, scale = 0;
    explicit NumericShape(std::int32_t modifier)
        : whole((((modifier - 4) >> 16) & 0xffff) - ((modifier - 4) & 0x7ff)),
          scale((modifier - 4) & 0x7ff) {}
};

bool holds(const SourceType& wide, const SourceType& narrow) {
    if (wide.oid == pg_types::numeric && wide.modifier == -1)
        return narrow.oid == pg_types::numeric || integer_width(narrow) > 0;
    if (integer_width(wide) > 0 && integer_width(narrow) > 0)
        return integer_width(wide) >= integer_width(narrow);
    if (wide.oid == pg_types::numeric && narrow.oid == pg_types::numeric && narrow.modifier != -1) {
        const NumericShape ours(wide.modifier), theirs(narrow.modifier);
        return ours.whole >= theirs.whole && ours.scale >= theirs.scale;
    }
    if (wide.oid == pg_types::float8 && narrow.oid == pg_types::float4) return true;
    if (is_text(wide) && is_text(narrow))
        return wide.modifier == -1 || (narrow.modifier != -1 && wide.modifier >= narrow.modifier);
    return false;
}

SourceColumn* find_column(SourceTable& table, const std::string& name) {
    const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                    [&](const SourceColumn& column) { return column.name == name; });
    return found == table.columns.end() ? nullptr : &*found;
}

bool is_number(const SourceType& type) {
    return pg_types::is_number(type.oid);
}

/// Of values only: two kinds of numbers are numbers, anything else that does not agree is text.
SourceType wider_inferred(const SourceType& known, const SourceType& seen) {
    if (known == seen) return known;
    if (is_number(known) && is_number(seen)) return debezium::built_in_type(pg_types::numeric);
    return debezium::built_in_type(pg_types::text);
}

/// Nothing but null was seen of it, and nobody says what it is.
bool is_unseen(const debezium::ColumnForm& form) {
    return form.form == debezium::Form::Inferred && form.inference == debezium::Inference::Unseen;
}

/// The table with what the events have beside; false where they have nothing new.
bool grow(SourceTable& table, const debezium::TableShape& seen) {
    bool grew = false;
    for (std::size_t i = 0; i < seen.table.columns.size(); ++i) {
        const SourceColumn& column = seen.table.columns[i];
        if (is_unseen(seen.forms[i]) && !column.in_primary_key) continue;
        SourceColumn* const known = find_column(table, column.name);
        if (known == nullptr) {
            table.columns.push_back(column);
            table.columns.back().attnum = static_cast<std::int16_t>(table.columns.size());
            table.columns.back().not_null = column.in_primary_key;
            table.columns.back().inferred = seen.forms[i].origin == debezium::TypeOrigin::Inferred;
            grew = true;
            continue;
        }
        const bool inferred = seen.forms[i].origin == debezium::TypeOrigin::Inferred;
        const SourceType type = known->inferred && inferred ? wider_inferred(known->type, column.type)
                                : known->inferred           ? column.type
                                                            : wider_type(known->type, column.type);
        known->inferred = known->inferred && inferred;
        if (type == known->type) continue;
        known->type = type;
        known->declared_type_oid = type.oid;
        grew = true;
    }
    return grew;
}

}  // namespace

SourceType wider_type(const SourceType& known, const SourceType& seen) {
    return holds(seen, known) && !holds(known, seen) ? seen : known;
}

bool covers(const SourceTable& events, const SourceTable& other) {
    return std::all_of(other.columns.begin(), other.columns.end(), [&](const SourceColumn& column) {
        const auto ours = std::find_if(events.columns.begin(), events.columns.end(),
                                       [&](const SourceColumn& each) { return each.name == column.name; });
        return ours != events.columns.end() && wider_type(ours->type, column.type) == ours->type;
    });
}

const EventShapes::Version& EventShapes::add(Known& known, SourceTable table) {
    table.from_kafka = true;
    auto version = std::make_unique<Version>(Version{table, relation_of(table)});
    version->relation.version = ++version_;
    known.versions.push_back(std::move(version));
    known.mappings.clear();
    return known.now();
}

void EventShapes::restore(SourceTable table) {
    const std::lock_guard lock(mutex_);
    Known& known = tables_[table.id];
    if (known.versions.empty()) add(known, std::move(table));
}

Result<const EventShapes::Mapping*> EventShapes::map(const debezium::TableShape& shape) {
    if (&shape == last_shape_) return last_;
    const std::lock_guard lock(mutex_);
    Known& known = tables_[shape.relation.id];
    // A truncate may be the first that is seen of a table; it has no columns.
    if (known.versions.empty()) {
        SourceTable first = shape.table;
        first.columns.clear();
        add(known, std::move(first));
    }
    if (!shape.table.columns.empty() && !known.now().table.columns.empty() &&
        key_of(shape.table) != key_of(known.now().table)) {
        return Error{ErrorKind::Data,
                     fmt::format("the record of {} has the key ({}), and its table has ({})",
                                 shape.table.qualified_name(), fmt::join(key_of(shape.table), ", "),
                                 fmt::join(key_of(known.now().table), ", ")),
                     "", ""};
    }
    SourceTable table = known.now().table;
    if (table.columns.empty()) {
        table.identity = shape.table.identity;
        table.columns.reserve(shape.table.columns.size());
    }
    if (grow(table, shape)) {
        add(known, std::move(table));
        last_shape_ = nullptr;
    }
    const auto [at, is_new] = known.mappings.try_emplace(&shape);
    if (is_new) {
        at->second.relation = &known.now().relation;
        for (const Column& column : known.now().relation.columns)
            at->second.columns.push_back(shape.find(column.name));
    }
    last_shape_ = &shape;
    last_ = &at->second;
    return last_;
}

SourceTable EventShapes::table_of(const Relation& relation) const {
    const std::lock_guard lock(mutex_);
    const Known& known = tables_.at(relation.id);
    const auto found = std::find_if(known.versions.begin(), known.versions.end(), [&](const auto& version) {
        return version->relation.version == relation.version;
    });
    return found == known.versions.end() ? known.now().table : (*found)->table;
}

std::optional<SourceTable> EventShapes::find(std::string_view schema, std::string_view table) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, known] : tables_) {
        const SourceTable& now = known.now().table;
        if (now.schema == schema && now.name == table) return now;
    }
    return std::nullopt;
}

bool EventShapes::has_columns(std::string_view schema, std::string_view table) const {
    const auto known = find(schema, table);
    return known && !known->columns.empty();
}

}  // namespace walferry
