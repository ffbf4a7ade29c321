#include "pipeline/publish/table_encoders.h"

#include <spdlog/spdlog.h>

#include "publish/table_description.h"

namespace walferry::publish {

namespace {

bool is_empty(const EventCounts& counts) {
    return counts.reads + counts.creates + counts.updates + counts.deletes + counts.truncates +
               counts.dead_letters + counts.lost_values ==
           0;
}

}  // namespace

TableEncoders::TableEncoders(const PublishOptions& options, const EnvelopeSettings& settings,
                             SourceCatalog& catalog)
    : options_(options), settings_(settings), catalog_(catalog) {
    rules_.tables = options_.tables;
}

Result<EncodedTable*> TableEncoders::of(const Relation& relation) {
    if (&relation == last_relation_) return last_table_;
    Known& known = known_[relation.id];
    if (known.table == nullptr || known.version != relation.version) {
        const TableEncoder* before = known.table != nullptr ? known.table->encoder.get() : nullptr;
        WALFERRY_TRY(made, make(relation, before));
        replace(known.table, std::move(made));
        known.version = relation.version;
    }
    last_relation_ = &relation;
    last_table_ = known.table.get();
    return last_table_;
}

Result<std::unique_ptr<EncodedTable>> TableEncoders::make(const Relation& relation,
                                                          const TableEncoder* before) {
    auto made = std::make_unique<EncodedTable>();
    made->name = relation.qualified_name();
    if (find_rule(rules_, relation.schema, relation.name) == nullptr) return made;
    std::vector<StreamType> wanted;
    for (const Column& column : relation.columns) wanted.push_back({column.type_oid, column.type_modifier});
    WALFERRY_TRY(types, catalog_.types(wanted));
    WALFERRY_TRY(facts, catalog_.table_facts(relation.id));
    WALFERRY_TRY(labels, catalog_.enum_labels(enums_among(types)));
    const PublishedTable* described = before != nullptr ? &before->plan().table : nullptr;
    made->encoder = std::make_unique<TableEncoder>(
        describe_relation(relation, types, facts, labels, described), settings_);
    return made;
}

Result<bool> TableEncoders::allow_nulls(const Relation& relation, TupleData row) {
    WALFERRY_TRY(table, of(relation));
    PublishedTable relaxed = table->encoder->plan().table;
    bool found = false;
    for (std::size_t i = 0; i < std::min(row.size(), relaxed.columns.size()); ++i) {
        if (!relaxed.columns[i].not_null || row[i].kind != ValueKind::Null) continue;
        relaxed.columns[i].not_null = false;
        found = true;
    }
    if (!found) return false;
    auto made = std::make_unique<EncodedTable>();
    made->name = table->name;
    made->encoder = std::make_unique<TableEncoder>(std::move(relaxed), settings_);
    Known& known = known_[relation.id];
    replace(known.table, std::move(made));
    last_table_ = known.table.get();
    return true;
}

Result<EncodedTable*> TableEncoders::of_copy(const SourceTable& table) {
    std::vector<std::optional<SourceType>> types;
    for (const SourceColumn& column : table.columns) types.emplace_back(column.type);
    WALFERRY_TRY(facts, catalog_.table_facts(table.id));
    WALFERRY_TRY(labels, catalog_.enum_labels(enums_among(types)));
    auto made = std::make_unique<EncodedTable>();
    made->name = table.qualified_name();
    made->encoder = std::make_unique<TableEncoder>(describe_table(table, facts, labels), settings_);
    copied_.push_back(std::move(made));
    return copied_.back().get();
}

void TableEncoders::replace(std::unique_ptr<EncodedTable>& place, std::unique_ptr<EncodedTable> by) {
    if (place != nullptr) {
        collect(*place);
        replaced_.push_back(std::move(place));
    }
    place = std::move(by);
}

void TableEncoders::collect(EncodedTable& table) {
    if (table.encoder == nullptr) return;
    const std::uint64_t lost = table.encoder->lost_values();
    table.counts.lost_values = lost - table.lost_counted;
    table.lost_counted = lost;
    if (is_empty(table.counts)) return;
    counts_[table.name].add(table.counts);
    table.counts = {};
}

std::map<std::string, EventCounts> TableEncoders::take_counts() {
    for (const auto& [id, known] : known_) {
        if (known.table != nullptr) collect(*known.table);
    }
    for (const auto& table : copied_) collect(*table);
    return std::exchange(counts_, {});
}

}  // namespace walferry::publish
