#include "checkpoint/shape_json.h"

#include <nlohmann/json.hpp>

namespace walferry {

namespace {

using Json = nlohmann::ordered_json;

Json type_json(const SourceType& type) {
    Json json{{"oid", type.oid},           {"schema", type.schema}, {"name", type.name},
              {"modifier", type.modifier}, {"sql", type.sql},       {"kind", std::string(1, type.kind)}};
    if (!type.is_array()) return json;
    json["element_oid"] = type.element_oid;
    json["element_name"] = type.element_name;
    json["element_kind"] = std::string(1, type.element_kind);
    json["element_sql"] = type.element_sql;
    if (type.element_modifier != -1) json["element_modifier"] = type.element_modifier;
    return json;
}

char letter(const Json& json, const char* key) {
    const std::string text = json.value(key, "");
    return text.empty() ? '\0' : text.front();
}

SourceType read_type(const Json& json) {
    SourceType type;
    type.oid = json.at("oid");
    type.schema = json.at("schema");
    type.name = json.at("name");
    type.modifier = json.at("modifier");
    type.sql = json.at("sql");
    type.kind = letter(json, "kind");
    type.element_oid = json.value("element_oid", 0u);
    type.element_name = json.value("element_name", "");
    if (type.is_array()) type.element_kind = letter(json, "element_kind");
    type.element_sql = json.value("element_sql", "");
    type.element_modifier = json.value("element_modifier", -1);
    return type;
}

Json column_json(const SourceColumn& column) {
    Json json{{"name", column.name},
              {"attnum", column.attnum},
              {"declared_type_oid", column.declared_type_oid},
              {"type", type_json(column.type)},
              {"not_null", column.not_null},
              {"in_primary_key", column.in_primary_key},
              {"in_identity", column.in_identity}};
    if (column.dropped) json["dropped"] = column.target_type;
    if (column.inferred) json["inferred"] = true;
    return json;
}

SourceColumn read_column(const Json& json) {
    SourceColumn column;
    column.name = json.at("name");
    column.attnum = json.at("attnum");
    column.declared_type_oid = json.at("declared_type_oid");
    column.type = read_type(json.at("type"));
    column.not_null = json.at("not_null");
    column.in_primary_key = json.at("in_primary_key");
    column.in_identity = json.at("in_identity");
    column.inferred = json.value("inferred", false);
    column.dropped = json.contains("dropped");
    if (column.dropped) column.target_type = json.at("dropped");
    return column;
}

Json storage_json(const TableStorage& storage) {
    Json json{{"last_attnum", storage.last_attnum}, {"leaves", Json::array()}, {"marks", Json::array()}};
    for (const auto& [id, leaf] : storage.leaves)
        json["leaves"].push_back(Json::array({id, leaf.file_node, leaf.made_as_partition}));
    for (const auto& [attnum, mark] : storage.marks) json["marks"].push_back(Json::array({attnum, mark}));
    return json;
}

TableStorage read_storage(const Json& json) {
    TableStorage storage;
    storage.last_attnum = json.at("last_attnum");
    for (const Json& leaf : json.at("leaves"))
        storage.leaves[leaf.at(0).get<RelationId>()] = {leaf.at(1).get<std::uint32_t>(),
                                                        leaf.at(2).get<bool>()};
    for (const Json& mark : json.at("marks"))
        storage.marks[mark.at(0).get<std::int16_t>()] = mark.at(1).get<std::uint32_t>();
    return storage;
}

TableShape read(const Json& json) {
    TableShape shape;
    SourceTable& table = shape.table;
    table.id = json.at("id");
    table.schema = json.at("schema");
    table.name = json.at("name");
    table.kind = letter(json, "kind");
    table.identity = static_cast<ReplicaIdentity>(letter(json, "identity"));
    table.row_filter = json.at("row_filter");
    table.first_schema = json.value("first_schema", "");
    table.first_name = json.value("first_name", "");
    for (const Json& column : json.at("columns")) table.columns.push_back(read_column(column));
    shape.storage = read_storage(json.at("storage"));
    return shape;
}

}  // namespace

std::string write_shape(const TableShape& shape) {
    const SourceTable& table = shape.table;
    Json json{{"id", table.id},
              {"schema", table.schema},
              {"name", table.name},
              {"kind", std::string(1, table.kind)},
              {"identity", std::string(1, static_cast<char>(table.identity))},
              {"row_filter", table.row_filter}};
    if (!table.first_name.empty()) {
        json["first_schema"] = table.first_schema;
        json["first_name"] = table.first_name;
    }
    json["columns"] = Json::array();
    for (const SourceColumn& column : table.columns) json["columns"].push_back(column_json(column));
    json["storage"] = storage_json(shape.storage);
    return json.dump();
}

Result<TableShape> read_shape(const std::string& text) {
    try {
        return read(Json::parse(text));
    } catch (const nlohmann::json::exception& thrown) {
        return Error{ErrorKind::Schema,
                     std::string("schema_history holds a shape that can't be read: ") + thrown.what(),
                     "`walferry drop CONFIG`, then `walferry run CONFIG` copies the tables anew", ""};
    }
}

}  // namespace walferry
