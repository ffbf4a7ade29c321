#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apply/table_plan.h"
#include "model/arena.h"
#include "model/change.h"

namespace walferry {

/// Turns the rows of one relation (in one version of its shape) into load rows of one plan. Pure; one thread.
class RowEncoder {
 public:
    /// Kind Schema when the relation's columns are not those that the plan was made for.
    static Result<RowEncoder> make(std::shared_ptr<const TablePlan> plan, const Relation& relation);

    /// Writes a whole load row into the arena, of an upsert target with walferry's own fields, else the data
    /// fields alone. A value that can't be represented gives kind Data. Unchanged TOAST values are taken from
    /// `before` where it has them: all under identity FULL, else those of the key, whose old image PostgreSQL
    /// sends when a key value is a TOAST value. `has_unchanged` tells whether fields of length
    /// `unchanged_length` are left.
    Result<std::string_view> row(TupleData after, const TupleData* before, Lsn commit_lsn, Arena& arena,
                                 bool& has_unchanged) const;

    /// A row that says of an existing one that it was deleted at the source: its key, `_walferry_deleted`,
    /// and every other field unchanged. Only for plans that mark deleted rows.
    std::string_view deleted_row(std::string_view key, Lsn commit_lsn, Arena& arena) const;
    /// The data fields of an old image in the arena: all of them where it is `full`, else the key and NULLs.
    Result<std::string_view> old_fields(TupleData before, bool full, Arena& arena) const;

    /// Writes the key's fields to `scratch`; valid until the next use of it.
    Result<std::string_view> key(TupleData tuple, std::string& scratch) const;

    /// Writes the data fields without metadata: what tells rows apart in a table without key.
    Result<std::string_view> whole(TupleData tuple, std::string& scratch) const;

    std::uint64_t relation_version() const { return relation_version_; }

 private:
    RowEncoder() = default;
    Result<std::string_view> fields(TupleData tuple, std::size_t count, std::string& scratch) const;
    std::size_t row_bytes_max(TupleData tuple, const TupleData* before) const;
    Error refuse(std::size_t position, const ColumnValue& value) const;
    Error missing_key(std::size_t position) const;
    char* write_own(char* to, Lsn commit_lsn, bool deleted) const;

    std::shared_ptr<const TablePlan> plan_;
    std::vector<std::uint16_t> relation_index_;  ///< load position → index into the relation's columns
    std::uint64_t relation_version_ = 0;
};

/// Bytes of the synced_at field at the very end of a row with metadata, length included; `stamp_synced_at`
/// overwrites it at the time of apply.
std::size_t synced_at_bytes(LoadFormat format);
void stamp_synced_at(char* row_end, LoadFormat format, PgTime now);

}  // namespace walferry
