#pragma once

#include <cstddef>
#include <string_view>

#include "capture/debezium/event_reader.h"

namespace walferry::debezium {

/// Types for some of the columns that the recorded events have, so that every form is read.
KnownTable known_columns();

/// Every byte of an event can be read.
std::size_t touch(const Event& event);

/// Takes the first line off.
std::string_view take_line(std::string_view& rest);

/// The record is an event or is refused. Twice, as what was learnt is used then.
void read_twice(EventReader& reader, const KafkaRecord& record);

}  // namespace walferry::debezium
