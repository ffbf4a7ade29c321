#pragma once

#include <vector>

#include "capture/debezium/avro_row_reader.h"
#include "capture/debezium/avro_schemas.h"
#include "capture/debezium/event_fields.h"

namespace walferry::debezium {

/// Reads a payload in Avro from front to back, once: what EventPass does for JSON.
class AvroEventPass {
 public:
    /// What stays the same in all passes over records of a topic.
    struct Rows {
        AvroRowReader& reader;
        Row& before;
        Row& after;
        AvroLayout& before_layout;
        AvroLayout& after_layout;
        std::vector<CollectionCount>& collections;
    };
    explicit AvroEventPass(Rows rows) : rows_(rows) {}

    /// `shape` may be null; `whole_before`: before-images are old rows. False when the bytes don't follow the
    /// schema, or what they say is not as Debezium writes it.
    bool read_envelope(AvroBytes& from, const AvroWriter& writer, const TableShape* shape, bool whole_before,
                       EventFields& to);
    /// The row is `after`.
    bool read_flattened(AvroBytes& from, const AvroWriter& writer, const TableShape* shape, EventFields& to);

 private:
    bool read_field(AvroBytes& from, EnvelopeField field, const AvroType& type, EventFields& to);
    bool read_image(AvroBytes& from, const AvroType& type, const TableShape* shape, const RowRequest& request,
                    AvroLayout& layout, Row& row, Image& image, EventFields& to);
    bool read_source(AvroBytes& from, const AvroType& type, const AvroWriter& writer, EventFields& to);

    Rows rows_;
};

}  // namespace walferry::debezium
