#include "capture/debezium/event_reader.h"

#include <cassert>
#include <utility>

#include "capture/debezium/avro_record_reader.h"
#include "capture/debezium/json_record_reader.h"

namespace walferry::debezium {

namespace {

std::unique_ptr<RecordReader> make_reader(Options options, TableKnowledge knowledge, SchemaSource* schemas) {
    if (options.format == RecordFormat::Json)
        return std::make_unique<JsonRecordReader>(std::move(options), std::move(knowledge));
    assert(schemas != nullptr);
    return std::make_unique<AvroRecordReader>(std::move(options), std::move(knowledge), *schemas);
}

}  // namespace

EventReader::EventReader(Options options, TableKnowledge knowledge, SchemaSource* schemas)
    : reader_(make_reader(std::move(options), std::move(knowledge), schemas)) {}

EventReader::~EventReader() = default;
EventReader::EventReader(EventReader&&) noexcept = default;
EventReader& EventReader::operator=(EventReader&&) noexcept = default;

Result<Event> EventReader::read(const KafkaRecord& record) {
    return reader_->read(record);
}

void EventReader::forget_shapes() {
    reader_->forget_shapes();
}

}  // namespace walferry::debezium
