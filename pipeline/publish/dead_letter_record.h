#pragma once

#include <optional>
#include <string>

#include "model/change.h"
#include "model/error.h"
#include "publish/envelope.h"
#include "publish/published_table.h"
#include "publish/record_batch.h"

namespace walferry::publish {

/// A row that could not be written as an event, with what is known of it.
struct UnfitRow {
    const PublishedTable* table = nullptr;
    char op = 'c';  ///< of the event that it is not
    std::optional<TupleData> before, after;
    const EventSource* source = nullptr;
    const Error* error = nullptr;
};

/// Makes the record of the dead-letter topic: key "schema.table", value a JSON object with table, op, error,
/// before and after, lsn, transaction id and the time of the commit. Values are PostgreSQL's text, those of a
/// snapshot that came in binary form {"base64":"…"}; a value that the stream left out is not there. `topic`
/// outlives the batch.
void append_dead_letter(const UnfitRow& row, std::string_view topic, RecordBatch& batch);

/// The same of a finished record that Kafka does not take, since it is too large: topic, key and size, not
/// the value.
std::string dead_letter_of_record(const PublishedRecord& record, const Error& error);

}  // namespace walferry::publish
