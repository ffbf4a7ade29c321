#pragma once

#include <simdjson.h>

#include <optional>
#include <string_view>
#include <vector>

#include "capture/debezium/event.h"

/// Readers of the parts of an envelope that are no rows. Unknown fields are passed over, missing ones leave
/// what was there; false is "not as Debezium writes it". Old versions have ts_ms alone.
namespace walferry::debezium {

/// A point of time that comes in up to three precisions. Digits are read when they are asked for.
class EventTime {
 public:
    /// Takes `ts_ms`, `ts_us` or `ts_ns` in; anything else is passed over.
    bool take(std::string_view name, simdjson::ondemand::value from);
    enum class Precision : std::uint8_t { None, Milliseconds, Nanoseconds, Microseconds };
    void take(Precision precision, std::int64_t count);
    /// Since 1970; 0 when none came.
    std::int64_t value_us() const;

 private:
    void take(Precision precision, std::string_view digits);

    Precision precision_ = Precision::None;
    std::string_view digits_;  // empty: `count_`
    std::int64_t count_ = 0;
};

bool read_source(simdjson::ondemand::value from, SourceBlock& to);
/// Null leaves none.
bool read_transaction(simdjson::ondemand::value from, std::optional<TransactionBlock>& to);
bool read_collections(simdjson::ondemand::value from, std::vector<CollectionCount>& to);
bool read_message(simdjson::ondemand::value from, std::string_view& prefix, std::string_view& content);

/// A text; null is empty.
bool read_text(simdjson::ondemand::value from, std::string_view& to);
/// A whole number, or the same as a text; null leaves `to` as it was.
bool read_number(simdjson::ondemand::value from, std::int64_t& to);

/// One of `ts_ms`, `ts_us` and `ts_ns`; anything else is passed over.
bool read_time(simdjson::ondemand::raw_json_string key, simdjson::ondemand::value from, EventTime& time);

/// One of the fields that ExtractNewRecordState adds, without its underscores.
bool read_added_field(std::string_view name, simdjson::ondemand::value from, SourceBlock& source,
                      std::optional<TransactionBlock>& transaction);

/// What `source.snapshot` says; what is unknown leaves `to`.
void read_snapshot_mark(std::string_view text, SnapshotMark& to);

/// Source blocks of connectors without schemas have none: their database is one.
void complete_source(SourceBlock& source);
std::optional<Operation> operation_of(std::string_view letter);

}  // namespace walferry::debezium
