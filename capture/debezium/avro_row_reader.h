#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/debezium/avro_reader.h"
#include "capture/debezium/placeholder.h"
#include "capture/debezium/row_reader.h"
#include "capture/debezium/value_text.h"

namespace walferry::debezium {

/// Which column each field of a record has in a shape, found once for the two.
class AvroLayout {
 public:
    /// Of a row; fields that ExtractNewRecordState adds have none.
    void set(const AvroType& record, const TableShape& shape, bool flattened);
    bool is_of(const AvroType& record, const TableShape& shape) const {
        return record_ == &record && shape_ == &shape;
    }
    static constexpr int none = -1;   ///< the shape has no such column
    static constexpr int added = -2;  ///< a field that ExtractNewRecordState adds
    /// The column's index, or one of those.
    int column(std::size_t field) const { return columns_[field]; }

 private:
    const AvroType* record_ = nullptr;
    const TableShape* shape_ = nullptr;
    std::vector<std::int16_t> columns_;
};

/// Takes the values of fields that ExtractNewRecordState adds to a row, by their names without underscores.
class AddedValues {
 public:
    virtual ~AddedValues() = default;
    /// False when it is not as Debezium writes it.
    virtual bool take(std::string_view name, const ConnectValue& value) = 0;
};

/// Reads rows and keys from Avro, with the forms of their shape: what RowReader does for JSON. Not
/// thread-safe.
class AvroRowReader {
 public:
    AvroRowReader(ScratchArena& arena, const Options& options)
        : values_(arena), text_(arena), placeholder_(options.placeholder) {}

    AvroReader& values() { return values_; }

    /// Of the request, `added` and `exact` are not looked at: a schema says which columns there are. When it
    /// is not Done, `from` stands anywhere in the row.
    RowOutcome read_row(AvroBytes& from, const AvroType& record, const AvroLayout& layout,
                        const TableShape& shape, const RowRequest& request, AddedValues* added, Row& to);
    /// `record` has the columns of the shape's key, in their order, and what SMTs add.
    RowOutcome read_key(AvroBytes& from, const AvroType& record, const TableShape& shape, Row& to);

    /// After Failed: what was wrong.
    const std::string& problem() const { return problem_; }

 private:
    RowOutcome read_column(AvroBytes& from, const AvroType& type, const TableShape& shape, std::size_t column,
                           const RowRequest& request, Row& to);
    RowOutcome failed(std::string what);

    AvroReader values_;
    ValueText text_;
    Placeholder placeholder_;
    std::string problem_;
};

}  // namespace walferry::debezium
