#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "capture/debezium/avro_schemas.h"
#include "capture/debezium/connect_value.h"
#include "capture/debezium/envelope.h"

/// Takes the parts of an envelope that are no rows from values that are decoded. False is "not as Debezium
/// writes it"; null leaves what was there.
namespace walferry::debezium {

bool take_text(const ConnectValue& value, std::string_view& to);
/// A whole number, or the same as a text.
bool take_number(const ConnectValue& value, std::int64_t& to);
bool take_source_field(SourceField field, const ConnectValue& value, SourceBlock& to, EventTime& time);
bool take_transaction(const ConnectValue& value, std::optional<TransactionBlock>& to);
bool take_collections(const ConnectValue& value, std::vector<CollectionCount>& to);
bool take_message(const ConnectValue& value, std::string_view& prefix, std::string_view& content,
                  bool& content_is_bytes);
/// One of the fields that ExtractNewRecordState adds, without its underscores.
bool take_added_field(std::string_view name, const ConnectValue& value, SourceBlock& source,
                      std::optional<TransactionBlock>& transaction);

}  // namespace walferry::debezium
