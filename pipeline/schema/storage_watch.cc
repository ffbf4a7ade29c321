#include "pipeline/schema/storage_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "apply/schema/shape_change.h"
#include "apply/schema/storage_change.h"

namespace walferry {

Result<std::string> copy_reason(SourceCatalog& catalog, const TableStorage& known, const TableStorage& now) {
    const StorageChange change = compare_storage(known, now);
    if (change.rewritten)
        return std::string("the table was rewritten by an ALTER TABLE that left its columns as they were");
    if (!change.gone.empty())
        return fmt::format("{} of its partitions were detached or dropped", change.gone.size());
    for (const RelationId leaf : change.attached) {
        WALFERRY_TRY(empty, catalog.is_empty(leaf));
        if (!empty) return std::string("a table with rows was attached as a partition");
    }
    return std::string();
}

std::string replaced_column(const SourceTable& known, const SourceTable& published) {
    for (const SourceColumn& column : published.columns) {
        for (const SourceColumn& other : known.columns) {
            const bool same_name = !other.dropped && other.name == column.name;
            if (same_name && other.attnum != 0 && other.attnum != column.attnum)
                return fmt::format("column {} was dropped and made anew", column.name);
        }
    }
    return "";
}

StorageWatch::Seen& StorageWatch::seen(const std::shared_ptr<Table>& table) {
    Seen& seen = seen_[table->source().id];
    if (seen.table.lock() != table) seen = {table, table->storage, false};
    return seen;
}

Result<std::vector<StorageWatch::Sight>> StorageWatch::look(SourceCatalog& catalog,
                                                            const std::vector<std::shared_ptr<Table>>& tables,
                                                            const std::vector<SourceTable>& published) {
    std::vector<RelationId> ids;
    std::map<RelationId, const SourceTable*> published_as;
    for (const auto& table : tables) {
        const auto found = std::find_if(published.begin(), published.end(), [&](const SourceTable& other) {
            return other.id == table->source().id;
        });
        if (found == published.end() || !same_columns(table->source(), *found)) continue;
        ids.push_back(found->id);
        published_as[found->id] = &*found;
    }
    std::vector<Sight> sights;
    if (ids.empty()) return sights;
    WALFERRY_TRY(storages, catalog.storage(ids));
    for (const auto& table : tables) {
        const auto now = storages.find(table->source().id);
        if (now == storages.end()) continue;
        Seen& last = seen(table);
        if (last.told) continue;
        TableStorage& known = last.storage;
        const bool stayed = compare_storage(known, now->second).empty();
        std::string reason = replaced_column(table->source(), *published_as.at(now->first));
        if (!stayed && reason.empty()) {
            WALFERRY_TRY(found, copy_reason(catalog, known, now->second));
            reason = std::move(found);
        }
        known = now->second;  // whatever VACUUM FULL and TRUNCATE did
        if (stayed && reason.empty()) continue;
        last.told = !reason.empty();
        sights.push_back({table, reason, known});
    }
    return sights;
}

}  // namespace walferry
