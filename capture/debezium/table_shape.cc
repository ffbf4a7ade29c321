#include "capture/debezium/table_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "model/json_text.h"

namespace walferry::debezium {

namespace {

constexpr std::size_t shapes_a_table_max = 1'000;
constexpr std::size_t tables_max = 100'000;
constexpr std::size_t columns_max = 4'096;

std::string cache_key(std::string_view schema, std::string_view table) {
    std::string key(schema);
    key += '\0';
    key += table;
    return key;
}

/// FNV-1a: the same in every run.
RelationId hash_of(std::string_view text) {
    std::uint32_t hash = 2'166'136'261u;
    for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 16'777'619u;
    return hash;
}

std::string escaped(std::string_view name) {
    std::string text;
    append_json_string(text, name);
    return text.substr(1, text.size() - 2);
}

SourceColumn source_column(const Column& column, const ColumnForm& form, std::size_t index) {
    SourceColumn source;
    source.name = column.name;
    source.attnum = static_cast<std::int16_t>(index + 1);
    source.declared_type_oid = form.type.oid;
    source.type = form.type;
    source.not_null = column.key;
    source.in_primary_key = column.key;
    source.in_identity = column.key;
    return source;
}

bool has_same_columns(const TableShape& shape, const std::vector<SeenColumn>& columns,
                      const std::vector<ColumnForm>& forms) {
    if (shape.forms.size() != columns.size()) return false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (shape.relation.columns[i].name != columns[i].name || !(shape.forms[i] == forms[i])) return false;
    }
    return true;
}

/// No database has that many columns, or two of one name.
Status check_names(const std::vector<SeenColumn>& columns) {
    std::set<std::string_view> names;
    for (const SeenColumn& column : columns) {
        if (!names.insert(column.name).second)
            return Error{ErrorKind::Data, fmt::format("the row has {} twice", column.name), "", ""};
    }
    if (columns.size() <= columns_max) return success();
    return Error{ErrorKind::Data, fmt::format("the row has more than {} columns", columns_max), "", ""};
}

std::unique_ptr<TableShape> make_shape(const std::vector<SeenColumn>& columns,
                                       std::vector<ColumnForm> forms) {
    auto shape = std::make_unique<TableShape>();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        Column column;
        column.name = columns[i].name;
        column.type_oid = forms[i].type.oid;
        column.type_modifier = forms[i].type.modifier;
        shape->relation.columns.push_back(std::move(column));
        shape->escaped_names.push_back(escaped(columns[i].name));
    }
    shape->forms = std::move(forms);
    return shape;
}

Status set_key(TableShape& shape, const std::vector<std::string>& key) {
    for (const std::string& name : key) {
        const int index = shape.find(name);
        if (index < 0)
            return Error{ErrorKind::Data, fmt::format("the record's key has {}, which its row has not", name),
                         "", ""};
        shape.key.push_back(static_cast<std::uint16_t>(index));
    }
    shape.relation.identity = key.empty() ? ReplicaIdentity::Full : ReplicaIdentity::Default;
    for (std::size_t i = 0; i < shape.relation.columns.size(); ++i) {
        shape.relation.columns[i].key =
            key.empty() || std::find(shape.key.begin(), shape.key.end(), i) != shape.key.end();
    }
    return success();
}

void describe_table(TableShape& shape) {
    SourceTable& table = shape.table;
    table.id = shape.relation.id;
    table.schema = shape.relation.schema;
    table.name = shape.relation.name;
    table.identity = shape.relation.identity;
    for (std::size_t i = 0; i < shape.relation.columns.size(); ++i) {
        table.columns.push_back(source_column(shape.relation.columns[i], shape.forms[i], i));
        if (shape.keyed()) continue;
        table.columns.back().not_null = false;
        table.columns.back().in_primary_key = false;
        table.columns.back().in_identity = false;
    }
}

}  // namespace

int TableShape::find(std::string_view name) const {
    for (std::size_t i = 0; i < relation.columns.size(); ++i) {
        if (relation.columns[i].name == name) return static_cast<int>(i);
    }
    return -1;
}

bool TableShape::has_key(const std::vector<std::string>& names) const {
    if (key.size() != names.size()) return false;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (relation.columns[key[i]].name != names[i]) return false;
    }
    return true;
}

bool TableShape::has_inferred_types() const {
    return std::any_of(forms.begin(), forms.end(),
                       [](const ColumnForm& form) { return form.origin == TypeOrigin::Inferred; });
}

Result<ShapeCache::Entry*> ShapeCache::entry(std::string_view schema, std::string_view table) {
    std::string key = cache_key(schema, table);
    if (const auto found = tables_.find(key); found != tables_.end()) return &found->second;
    if (tables_.size() >= tables_max)
        return Error{ErrorKind::Data, fmt::format("more than {} tables came", tables_max), "", ""};
    RelationId id = hash_of(key);
    while (id == 0 || !ids_.emplace(id, key).second) ++id;
    Entry& made = tables_[std::move(key)];
    made.id = id;
    return &made;
}

std::vector<ColumnForm> ShapeCache::forms(Entry& entry, const std::vector<SeenColumn>& columns,
                                          const std::optional<KnownTable>& known) const {
    std::vector<ColumnForm> made;
    for (const SeenColumn& column : columns) {
        const SourceType* type = nullptr;
        if (known) {
            const auto found = known->columns.find(column.name);
            if (found != known->columns.end()) type = &found->second;
        }
        if (column.type != nullptr) {
            made.push_back(type == nullptr ? form_of(*column.type) : form_of(*column.type, *type, options_));
        } else if (type != nullptr) {
            made.push_back(form_of(*type, options_));
        } else {
            Inference& seen = entry.inferred[column.name];
            seen = widened(seen, column.value);
            made.push_back(inferred_form(seen));
        }
    }
    return made;
}

Result<const TableShape*> ShapeCache::shape(std::string_view schema, std::string_view table,
                                            const std::vector<SeenColumn>& columns,
                                            const std::vector<std::string>& key) {
    WALFERRY_TRYV(check_names(columns));
    WALFERRY_TRY(place, entry(schema, table));
    const std::optional<KnownTable> known = knowledge_ ? knowledge_(schema, table) : std::nullopt;
    std::vector<ColumnForm> column_forms = forms(*place, columns, known);
    const bool full_identity = known && known->full_identity;
    for (const auto& shape : place->shapes) {
        if (shape->full_identity == full_identity && shape->has_key(key) &&
            has_same_columns(*shape, columns, column_forms)) {
            if (!columns.empty()) place->last = shape.get();
            return shape.get();
        }
    }
    if (place->shapes.size() >= shapes_a_table_max)
        return Error{ErrorKind::Data,
                     fmt::format("{}.{} came with more than {} different sets of columns", schema, table,
                                 shapes_a_table_max),
                     "", ""};
    std::unique_ptr<TableShape> shape = make_shape(columns, std::move(column_forms));
    WALFERRY_TRYV(set_key(*shape, key));
    shape->full_identity = full_identity;
    shape->relation.id = place->id;
    shape->relation.schema = schema;
    shape->relation.name = table;
    shape->relation.version = ++version_;
    describe_table(*shape);
    place->shapes.push_back(std::move(shape));
    if (!columns.empty()) place->last = place->shapes.back().get();
    return place->shapes.back().get();
}

const TableShape* ShapeCache::last(std::string_view schema, std::string_view table) const {
    const auto found = tables_.find(cache_key(schema, table));
    return found == tables_.end() ? nullptr : found->second.last;
}

}  // namespace walferry::debezium
