#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "capture/debezium/json_reader.h"
#include "capture/debezium/placeholder.h"
#include "capture/debezium/table_shape.h"
#include "capture/debezium/value_text.h"
#include "model/change.h"

namespace walferry::debezium {

/// Reshape: the object has other columns, or other kinds of values, than the shape says; nothing is known
/// of it yet.
enum class RowOutcome { Done, Reshape, Failed };

/// Takes the fields that ExtractNewRecordState adds to a row, without their underscores.
class AddedFields {
 public:
    virtual ~AddedFields() = default;
    /// False when it is not as Debezium writes it.
    virtual bool take(std::string_view name, simdjson::ondemand::value from) = 0;
};

/// How to read a row.
struct RowRequest {
    bool exact = false;         ///< no schema says which columns there are: they must be those of the shape
    bool key_only = false;      ///< of a before-image: all other columns become Null
    bool look_at_rest = false;  ///< with key_only: find out `has_rest`
    AddedFields* added = nullptr;  ///< a flattened row's
};

/// A row, in the order of its shape's columns.
struct Row {
    std::vector<ColumnValue> values;
    /// Columns whose value is their type's placeholder; whether it is one depends on the event. `written`:
    /// it is also a value of the column.
    struct PlaceholderHit {
        std::uint16_t column = 0;
        bool written = false;
    };
    std::vector<PlaceholderHit> placeholders;
    bool has_rest = false;  ///< a column outside the key has what Debezium would not invent
    bool is_zero = false;   ///< of a key: each of its columns has what Debezium would invent
};

/// Reads rows and keys from JSON, with the forms of their shape. Not thread-safe.
class RowReader {
 public:
    RowReader(ScratchArena& arena, const Options& options)
        : json_(arena),
          text_(arena),
          placeholder_(options.placeholder),
          beside_avro_(options.format == RecordFormat::Avro) {}

    RowOutcome read_row(simdjson::ondemand::object from, const TableShape& shape, const RowRequest& request,
                        Row& to);
    /// A key has the columns of the shape's key and no others.
    RowOutcome read_key(simdjson::ondemand::object from, const TableShape& shape, Row& to);

    /// The names and kinds of values of a row's columns.
    bool look_at(simdjson::ondemand::object from, bool flattened, std::vector<SeenColumn>& to);

    /// After Failed: what was wrong.
    const std::string& problem() const { return problem_; }

 private:
    int find_column(simdjson::ondemand::field& field, const TableShape& shape, std::size_t expected,
                    std::string_view& name);
    RowOutcome read_value(simdjson::ondemand::value from, const TableShape& shape, std::size_t column,
                          const RowRequest& request, Row& to);
    RowOutcome failed(std::string_view what);

    JsonReader json_;
    ValueText text_;
    Placeholder placeholder_;
    bool beside_avro_;  // names may be those of Avro, or those that Avro's were made of
    std::vector<char> seen_;
    std::string problem_;
};

/// Whether ExtractNewRecordState has added a field of this name, by add.fields and rewrite.
bool is_added_field(std::string_view name);
/// Fields of a key that SMTs of Debezium add, and that are no columns.
bool is_added_key_field(std::string_view name);

}  // namespace walferry::debezium
