#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capture/table_evidence.h"
#include "model/relation.h"
#include "model/table_storage.h"

namespace walferry {

struct ColumnChange {
    /// Replaced: another column of the same name, the old one was dropped. Arrived: it was there, but was not
    /// published.
    enum class Kind { Added, Dropped, Renamed, Retyped, Replaced, Arrived };
    Kind kind = Kind::Added;
    std::string name;      ///< the new one, where there is one
    std::string old_name;  ///< Renamed
    std::string old_type, type;

    bool operator==(const ColumnChange&) const = default;
};

std::string_view to_string(ColumnChange::Kind kind);

/// What became of a table's shape between the last applied one and that of the stream.
struct ShapeChange {
    SourceTable shape;     ///< the new one; dropped columns among it, where they are kept
    TableStorage storage;  ///< to be kept with it
    /// By column of `shape`: the index of the column of the known shape that it goes on; none for a new one.
    std::vector<std::optional<std::size_t>> origin;
    /// By column of `shape`: what rows have in it that were there before it.
    std::vector<std::optional<std::string>> missing;
    std::vector<ColumnChange> columns;
    bool table_renamed = false;
    bool identity_changed = false;
    std::vector<std::string> doubts;  ///< what could not be told for sure, and how it was taken
    /// Why rows at the source are not those that the stream made: they have to be copied anew. Empty: they
    /// are.
    std::string copy_reason;

    bool empty() const { return columns.empty() && !table_renamed && !identity_changed; }
};

using StreamTypes = std::map<StreamType, std::optional<SourceType>>;

/// Whether rows of this relation can be applied to targets that were planned for this shape. More than that
/// the names agree: a longer varchar(n) is another shape, too.
bool fits(const SourceTable& shape, const Relation& relation);

/// Whether the stream would describe the columns of both alike, and the key.
bool same_columns(const SourceTable& shape, const SourceTable& catalog);

/// The types that compare_shapes has to know, beside those of the known shape.
std::vector<StreamType> unknown_types(const SourceTable& known, const Relation& relation);

/// The stream's relation is the new shape; the catalog, which can be further, only helps to see how it came
/// about. Columns go by attnum: a renamed one is told by the catalog, or by its place, for the stream sends
/// columns in the order of attnum and new ones come last. What can't be told counts as dropped and added.
/// `evidence` is null when the table is not there any more.
ShapeChange compare_shapes(const TableShape& known, const Relation& relation, const TableEvidence* evidence,
                           const StreamTypes& types, bool keeps_dropped);

/// The relation that the stream would send of a table that the catalog describes.
Relation relation_of(const SourceTable& table);

/// `{"columns": […], "table": …, "identity": …, "doubts": […], "copied_anew": …}`, empty parts left out.
std::string change_json(const SourceTable& known, const ShapeChange& change);
/// The same for people: `added note (text), dropped v`.
std::string describe(const ShapeChange& change);

}  // namespace walferry
