#include "capture/debezium/event_reader.h"

#include <utility>

#include "capture/debezium/record_reader.h"

namespace walferry::debezium {

EventReader::EventReader(Options options, TableKnowledge knowledge)
    : reader_(std::make_unique<RecordReader>(std::move(options), std::move(knowledge))) {}

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
