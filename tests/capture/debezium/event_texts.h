#pragma once

#include <optional>
#include <string>

#include "capture/debezium/event_reader.h"

namespace walferry::testing {

/// An event in a line: `u old {a=1} {a=2}`; what is refused with its message.
std::string tell(const Result<debezium::Event>& event);

/// The same with all else that the event says: its source, its time, the columns' types.
std::string tell_all(const Result<debezium::Event>& event);

/// What the reader makes of a record of topic shop.public.item.
std::string tell(debezium::EventReader& reader, const std::optional<std::string>& key,
                 const std::optional<std::string>& value);

/// The source block of PostgreSQL's connector, as a field.
std::string source(const std::string& schema = "public", const std::string& table = "item");
/// An event without before-image.
std::string row(const std::string& op, const std::string& after);

/// The types of b.toast's columns, as its catalog has them.
debezium::TableKnowledge toast_types();

}  // namespace walferry::testing
