#include "publish/record_batch.h"

namespace walferry::publish {

namespace {

std::string_view name_of(KeyHeader header) {
    switch (header) {
        case KeyHeader::NewKey:
            return "__debezium.newkey";
        case KeyHeader::OldKey:
            return "__debezium.oldkey";
        case KeyHeader::EventId:
            return "id";
        case KeyHeader::None:
            break;
    }
    return {};
}

}  // namespace

void RecordBatch::clear() {
    bytes_.clear();
    entries_.clear();
}

PublishedRecord RecordBatch::operator[](std::size_t place) const {
    const Entry& entry = entries_[place];
    PublishedRecord record;
    record.topic = entry.topic;
    if (entry.key) record.key = view(*entry.key);
    if (entry.value) record.value = view(*entry.value);
    record.for_all_partitions = entry.for_all_partitions;
    record.has_context = entry.has_context;
    if (entry.key_header != KeyHeader::None) {
        record.key_header = name_of(entry.key_header);
        record.other_key = view(entry.other_key);
    }
    return record;
}

void RecordBatch::take_back(Mark mark) {
    bytes_.resize(mark.bytes);
    entries_.resize(mark.entries);
}

}  // namespace walferry::publish
