#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capture/debezium/column_form.h"
#include "model/error.h"
#include "model/relation.h"
#include "model/source_table.h"

namespace walferry::debezium {

/// What is known of a table besides its events, e.g. from the target table.
struct KnownTable {
    std::map<std::string, SourceType, std::less<>> columns;  ///< by name; may be some of them
    bool full_identity = false;  ///< REPLICA IDENTITY FULL: every `before` is the whole old row
};

/// Asked for a table when a shape of it is made; none where nothing is known.
using TableKnowledge =
    std::function<std::optional<KnownTable>(std::string_view schema, std::string_view table)>;

/// A table as its events have it: one for each set of columns with their types. The same columns give the
/// same shape again. Columns of a record without schema, and in `inferred` all of whose values were null so
/// far, are text until one is not.
struct TableShape {
    Relation relation;  ///< identity Full where the records have no key
    SourceTable table;  ///< the same for planning; the record's key as the primary key and identity
    std::vector<ColumnForm> forms;           ///< of relation.columns
    std::vector<std::string> escaped_names;  ///< of relation.columns, as they stand in JSON
    std::vector<std::uint16_t> key;          ///< the record's key, in its order; empty: records have no key
    bool full_identity = false;              ///< see KnownTable

    bool keyed() const { return !key.empty(); }
    /// The index of a column, or -1.
    int find(std::string_view name) const;
    bool has_key(const std::vector<std::string>& names) const;
    bool has_inferred_types() const;
};

/// A column as one record shows it.
struct SeenColumn {
    std::string name;
    const ConnectType* type = nullptr;  ///< null: the record has no schema
    Inference value = Inference::Unseen;
};

/// The shapes of all tables. Shapes hold as long as it does. Not thread-safe.
class ShapeCache {
 public:
    ShapeCache(Options options, TableKnowledge knowledge)
        : options_(std::move(options)), knowledge_(std::move(knowledge)) {}

    /// The shape of a record with these columns and this key, whose columns must be among them. Kind Data
    /// when they are not, or when a table has more shapes than any table has.
    Result<const TableShape*> shape(std::string_view schema, std::string_view table,
                                    const std::vector<SeenColumn>& columns,
                                    const std::vector<std::string>& key);

    /// The last one of a table that had columns, null when none came yet.
    const TableShape* last(std::string_view schema, std::string_view table) const;

 private:
    struct Entry {
        RelationId id = 0;
        std::map<std::string, Inference, std::less<>> inferred;
        std::vector<std::unique_ptr<TableShape>> shapes;  // in the order of their versions
        const TableShape* last = nullptr;
    };

    Result<Entry*> entry(std::string_view schema, std::string_view table);
    std::vector<ColumnForm> forms(Entry& entry, const std::vector<SeenColumn>& columns,
                                  const std::optional<KnownTable>& known) const;

    Options options_;
    TableKnowledge knowledge_;
    std::unordered_map<std::string, Entry> tables_;  // by schema, NUL and name
    std::unordered_map<RelationId, std::string> ids_;
    std::uint64_t version_ = 0;
};

}  // namespace walferry::debezium
