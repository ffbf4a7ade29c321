#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/debezium/table_shape.h"
#include "model/source_table.h"

namespace walferry {

/// One shape a table, though its events come in several: partitions of a topic are not in step when the
/// source changes it, and connectors leave columns out. It has every column that any event had, and only ever
/// grows; what an event does not have is NULL there. Shapes are handed out by the reader's thread; the
/// applier looks them up by the relation of an event.
class EventShapes {
 public:
    /// How the rows of one shape of events go into the table's.
    struct Mapping {
        const Relation* relation = nullptr;  ///< of all columns; lives as long as this object
        std::vector<std::int32_t> columns;   ///< by column of the relation: the event's, -1 without
    };

    /// What is known of a table from before; not once events of it came.
    void restore(SourceTable table);

    /// Kind Data where the event can't be one of this table: it has another key.
    Result<const Mapping*> map(const debezium::TableShape& shape);

    /// The table as it was when the relation was made. Any thread.
    SourceTable table_of(const Relation& relation) const;
    /// As it is now, none where nothing is known. Any thread.
    std::optional<SourceTable> find(std::string_view schema, std::string_view table) const;
    /// Whether anything but a truncate is known of it. Any thread.
    bool has_columns(std::string_view schema, std::string_view table) const;

 private:
    struct Version {
        SourceTable table;
        Relation relation;
    };
    struct Known {
        std::vector<std::unique_ptr<const Version>> versions;  ///< the last one is current
        std::map<const debezium::TableShape*, Mapping> mappings;

        const Version& now() const { return *versions.back(); }
    };

    const Version& add(Known& known, SourceTable table);

    mutable std::mutex mutex_;
    std::map<RelationId, Known> tables_;
    std::uint64_t version_ = 0;
    const debezium::TableShape* last_shape_ = nullptr;
    const Mapping* last_ = nullptr;
};

/// The type of a column that had `known` and now comes as `seen`: the wider one where it holds all values of
/// both, else `known`.
SourceType wider_type(const SourceType& known, const SourceType& seen);

/// Whether a table as these events have it has every column of the other, as wide.
bool covers(const SourceTable& events, const SourceTable& other);

}  // namespace walferry
