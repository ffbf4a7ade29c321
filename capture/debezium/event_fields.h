#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/debezium/envelope.h"
#include "capture/debezium/event.h"
#include "capture/debezium/row_reader.h"

namespace walferry::debezium {

/// What there is of an image.
enum class Image : std::uint8_t { Absent, Null, Object };

/// A record's payload after one pass over it.
struct EventFields {
    std::string_view op;
    Image before = Image::Absent, after = Image::Absent;
    /// What became of the rows; Reshape where there was no shape to read them by.
    RowOutcome rows = RowOutcome::Done;
    std::string row_problem;  ///< Failed
    SourceBlock source;
    std::optional<TransactionBlock> transaction;
    EventTime time;
    bool has_message = false;
    std::string_view prefix, content;  ///< of a message
    bool content_is_bytes = false;     ///< else it is base64
    std::string_view status, id;       ///< of a transaction's boundary
    std::int64_t event_count = 0;
    bool has_ddl = false;
    std::string_view ddl, database, schema;  ///< of a schema change
    std::string_view deleted;                ///< of a flattened row
    bool has_others = false;                 ///< fields that none of Debezium's envelopes has

    std::optional<Operation> operation() const { return operation_of(op); }
};

/// Reads a payload from front to back, once. Rows, which come before what says whose they are, are read by
/// the shape of the record before.
class EventPass {
 public:
    /// What stays the same in all passes of a reader.
    struct Rows {
        RowReader& reader;
        Row& before;
        Row& after;
        std::vector<CollectionCount>& collections;
    };
    explicit EventPass(Rows rows) : rows_(rows) {}

    /// `shape` may be null; `exact`: the payload has no schema; `whole_before`: before-images are old rows.
    /// False when it is no JSON, or not as Debezium writes it.
    bool read_envelope(simdjson::ondemand::object from, const TableShape* shape, bool exact,
                       bool whole_before, EventFields& to);
    /// The row is `after`.
    bool read_flattened(simdjson::ondemand::object from, const TableShape* shape, bool exact,
                        EventFields& to);

 private:
    bool read_image(simdjson::ondemand::value from, const TableShape* shape, const RowRequest& request,
                    Row& row, Image& image, EventFields& to);
    bool read_other(simdjson::ondemand::raw_json_string key, simdjson::ondemand::value value,
                    EventFields& to);

    Rows rows_;
};

}  // namespace walferry::debezium
