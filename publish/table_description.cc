#include "publish/table_description.h"

#include <algorithm>
#include <string>

namespace walferry::publish {

namespace {

std::optional<std::size_t> place_of(const PublishedTable& table, const std::string& name) {
    const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                    [&](const PublishedColumn& candidate) { return candidate.name == name; });
    if (found == table.columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - table.columns.begin());
}

/// All of these columns, or nothing.
std::optional<std::vector<std::size_t>> places_of(const PublishedTable& table,
                                                  const std::vector<std::string>& names) {
    std::vector<std::size_t> places;
    for (const std::string& name : names) {
        const auto place = place_of(table, name);
        if (!place) return std::nullopt;
        places.push_back(*place);
    }
    return places;
}

void add_labels(PublishedTable& table, const EnumLabels& labels) {
    for (PublishedColumn& column : table.columns) {
        const std::uint32_t type = column.type.is_array() ? column.type.element_oid : column.type.oid;
        if (const auto found = labels.find(type); found != labels.end()) column.enum_labels = found->second;
    }
}

void add_facts(PublishedColumn& column, const TableFacts::ColumnFacts& facts) {
    column.not_null = facts.not_null;
    column.default_expression = facts.default_expression;
}

void add_facts_by_name(PublishedTable& table, const TableFacts& facts) {
    for (const TableFacts::ColumnFacts& column : facts.columns)
        if (const auto place = place_of(table, column.name)) add_facts(table.columns[*place], column);
}

/// The catalog's columns with the names that the stream has for them, where only names differ.
std::optional<TableFacts> renamed(const TableFacts& facts, const Relation& relation) {
    TableFacts same;
    std::vector<std::pair<std::string, std::string>> names;
    for (const TableFacts::ColumnFacts& column : facts.columns) {
        if (column.generated) continue;
        const std::size_t place = same.columns.size();
        if (place == relation.columns.size() || relation.columns[place].type_oid != column.type_oid)
            return std::nullopt;
        same.columns.push_back(column);
        same.columns.back().name = relation.columns[place].name;
        names.emplace_back(column.name, relation.columns[place].name);
    }
    if (same.columns.size() != relation.columns.size()) return std::nullopt;
    for (const std::string& name : facts.key) {
        const auto found =
            std::find_if(names.begin(), names.end(), [&](const auto& pair) { return pair.first == name; });
        if (found == names.end()) return std::nullopt;
        same.key.push_back(found->second);
    }
    return same;
}

bool knows_all(const TableFacts& facts, const Relation& relation) {
    return std::all_of(relation.columns.begin(), relation.columns.end(), [&](const Column& column) {
        return std::any_of(facts.columns.begin(), facts.columns.end(),
                           [&](const TableFacts::ColumnFacts& known) { return known.name == column.name; });
    });
}

std::vector<std::size_t> key_without_catalog(const PublishedTable& table, const Relation& relation,
                                             const PublishedTable* before) {
    if (before != nullptr) {
        std::vector<std::string> names;
        for (const std::size_t place : before->key) names.push_back(before->columns[place].name);
        if (const auto places = places_of(table, names)) return *places;
    }
    std::vector<std::size_t> places;
    if (relation.identity == ReplicaIdentity::Full) return places;
    for (std::size_t i = 0; i < relation.columns.size(); ++i)
        if (relation.columns[i].key) places.push_back(i);
    return places;
}

}  // namespace

PublishedTable describe_table(const SourceTable& table, const std::optional<TableFacts>& facts,
                              const EnumLabels& labels) {
    PublishedTable published;
    published.name = {table.schema, table.name};
    for (const SourceColumn& column : table.columns) {
        published.columns.push_back({column.name, column.type, column.not_null});
        published.in_identity.push_back(column.in_identity);
    }
    add_labels(published, labels);
    if (!facts) return published;
    add_facts_by_name(published, *facts);
    // A column list that lacks columns of the key leaves none.
    published.key = places_of(published, facts->key).value_or(std::vector<std::size_t>{});
    return published;
}

PublishedTable describe_relation(const Relation& relation,
                                 const std::vector<std::optional<SourceType>>& types,
                                 const std::optional<TableFacts>& facts, const EnumLabels& labels,
                                 const PublishedTable* before) {
    PublishedTable published;
    published.name = {relation.schema, relation.name};
    for (std::size_t i = 0; i < relation.columns.size(); ++i) {
        SourceType unknown;
        unknown.oid = relation.columns[i].type_oid;
        unknown.modifier = relation.columns[i].type_modifier;
        published.columns.push_back({relation.columns[i].name, types[i].value_or(unknown)});
        published.in_identity.push_back(relation.columns[i].key);
    }
    add_labels(published, labels);
    std::optional<TableFacts> fitting = facts;
    if (facts && !knows_all(*facts, relation)) {
        if (auto same = renamed(*facts, relation)) fitting = std::move(same);
    }
    if (fitting) add_facts_by_name(published, *fitting);
    const auto key = fitting ? places_of(published, fitting->key) : std::nullopt;
    published.key = key ? *key : key_without_catalog(published, relation, before);
    return published;
}

std::vector<std::uint32_t> enums_among(const std::vector<std::optional<SourceType>>& types) {
    std::vector<std::uint32_t> enums;
    for (const auto& type : types) {
        if (!type) continue;
        if (type->kind == 'e') enums.push_back(type->oid);
        if (type->is_array() && type->element_kind == 'e') enums.push_back(type->element_oid);
    }
    return enums;
}

}  // namespace walferry::publish
