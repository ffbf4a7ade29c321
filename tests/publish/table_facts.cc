#include "tests/publish/table_facts.h"

#include <algorithm>

namespace walferry::publish {

TableFacts::TableFacts(pqxx::connection& connection) {
    pqxx::work work(connection);
    work.exec("SET search_path = pg_catalog");
    for (const auto& row : work.exec(
             "SELECT n.nspname, c.relname, a.attname, a.attnotnull, coalesce(CASE WHEN a.attgenerated = '' "
             "THEN "
             "pg_get_expr(d.adbin, d.adrelid) END, '') FROM pg_class c JOIN pg_namespace n ON n.oid = "
             "c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = "
             "c.oid AND d.adnum = a.attnum WHERE n.nspname IN ('b', 'types') AND a.attnum > 0 AND NOT "
             "a.attisdropped")) {
        columns_[{row[0].c_str(), row[1].c_str()}][row[2].c_str()] = {row[3].as<bool>(), row[4].c_str()};
    }
    for (const auto& row : work.exec(
             "SELECT DISTINCT ON (n.nspname, c.relname, k.place) n.nspname, c.relname, a.attname, "
             "i.indexrelid "
             "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN (SELECT DISTINCT ON "
             "(indrelid) "
             "* FROM pg_index WHERE indisunique AND indpred IS NULL AND indexprs IS NULL AND indisvalid "
             "ORDER "
             "BY indrelid, indisprimary DESC, indisclustered DESC, indexrelid::regclass::text) i ON "
             "i.indrelid = c.oid CROSS JOIN LATERAL "
             "unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY k(attnum, place) JOIN pg_attribute a ON "
             "a.attrelid = c.oid AND a.attnum = k.attnum WHERE n.nspname IN ('b', 'types') ORDER BY "
             "n.nspname, "
             "c.relname, k.place")) {
        keys_[{row[0].c_str(), row[1].c_str()}].push_back(row[2].c_str());
    }
    for (const auto& row :
         work.exec("SELECT enumtypid, enumlabel FROM pg_enum ORDER BY enumtypid, enumsortorder")) {
        labels_[row[0].as<std::uint32_t>()].push_back(row[1].c_str());
    }
}

PublishedTable TableFacts::of_catalog(const SourceTable& table) const {
    PublishedTable published;
    published.name = {table.schema, table.name};
    for (const SourceColumn& column : table.columns) {
        published.columns.push_back({column.name, column.type});
        published.in_identity.push_back(column.in_identity);
    }
    add_facts(published);
    return published;
}

PublishedTable TableFacts::of_stream(const Relation& relation, SourceCatalog& catalog) const {
    PublishedTable published;
    published.name = {relation.schema, relation.name};
    std::vector<StreamType> types;
    for (const Column& column : relation.columns) types.push_back({column.type_oid, column.type_modifier});
    const auto found = catalog.types(types).value();
    for (std::size_t i = 0; i < types.size(); ++i) {
        published.columns.push_back({relation.columns[i].name, found[i].value()});
        published.in_identity.push_back(relation.columns[i].key);
    }
    add_facts(published);
    return published;
}

void TableFacts::add_facts(PublishedTable& table) const {
    const auto known = columns_.find(table.name);
    for (PublishedColumn& column : table.columns) {
        const std::uint32_t type = column.type.is_array() ? column.type.element_oid : column.type.oid;
        if (const auto labels = labels_.find(type); labels != labels_.end())
            column.enum_labels = labels->second;
        if (known == columns_.end()) continue;
        if (const auto facts = known->second.find(column.name); facts != known->second.end()) {
            column.not_null = facts->second.not_null;
            column.default_expression = facts->second.default_expression;
        }
    }
    if (const auto key = keys_.find(table.name); key != keys_.end()) {
        for (const std::string& name : key->second) {
            const auto column =
                std::find_if(table.columns.begin(), table.columns.end(),
                             [&](const PublishedColumn& candidate) { return candidate.name == name; });
            table.key.push_back(static_cast<std::size_t>(column - table.columns.begin()));
        }
    }
}

}  // namespace walferry::publish
