#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "publish/avro_sink.h"
#include "publish/json_sink.h"

namespace walferry::publish {

/// Where something stands in a batch's bytes.
struct Slice {
    std::size_t first = 0;
    std::size_t length = 0;
};

/// The header that a record has of its own: the row's other key, of a key update; the event's id, of an
/// outbox table.
enum class KeyHeader : std::uint8_t { None, NewKey, OldKey, EventId };

/// A record to be sent. Views hold until the batch changes; `topic` as long as what made the record.
struct PublishedRecord {
    std::string_view topic;
    std::optional<std::string_view> key;    ///< absent: null
    std::optional<std::string_view> value;  ///< absent: null, a tombstone
    bool for_all_partitions = false;        ///< each partition of the topic gets it
    bool has_context = false;               ///< gets the headers of ContextHeaders
    std::string_view key_header;            ///< the header's name; empty: none
    std::string_view other_key;             ///< its value, JSON without schema
};

/// Headers that are the same for all events of a connector.
struct ContextHeaders {
    std::string logical_name;  ///< the topic prefix
    std::string task_id;
    std::string connector_name;
    std::string run_id;

    std::array<std::pair<std::string_view, std::string_view>, 4> all() const {
        return {{{"__debezium.context.connectorLogicalName", logical_name},
                 {"__debezium.context.taskId", task_id},
                 {"__debezium.context.connectorName", connector_name},
                 {"__debezium.context.runId", run_id}}};
    }
};

/// Records in the order in which they are to be sent, in one reused piece of memory. One thread.
class RecordBatch {
 public:
    RecordBatch() = default;
    RecordBatch(const RecordBatch&) = delete;
    RecordBatch& operator=(const RecordBatch&) = delete;

    /// Forgets the records and keeps the memory.
    void clear();

    std::size_t size() const { return entries_.size(); }
    std::size_t byte_count() const { return bytes_.size(); }
    PublishedRecord operator[](std::size_t place) const;

    // For those who make records: bytes are appended, then an entry says what they are.
    struct Entry {
        std::string_view topic;
        std::optional<Slice> key, value;
        bool has_context = false;
        KeyHeader key_header = KeyHeader::None;
        Slice other_key = {};
        bool for_all_partitions = false;
    };
    std::string& bytes() { return bytes_; }
    JsonSink& sink() { return sink_; }  ///< appends to `bytes`
    AvroSink& avro_sink() { return avro_sink_; }
    Slice since(std::size_t first) const { return {first, bytes_.size() - first}; }
    void add(const Entry& entry) { entries_.push_back(entry); }

    /// For taking back what an event made that failed half-way.
    struct Mark {
        std::size_t bytes, entries;
    };
    Mark mark() const { return {bytes_.size(), entries_.size()}; }
    void take_back(Mark mark);

 private:
    std::string_view view(Slice slice) const {
        return std::string_view(bytes_).substr(slice.first, slice.length);
    }

    std::string bytes_;
    JsonSink sink_{bytes_};
    AvroSink avro_sink_{bytes_};
    std::vector<Entry> entries_;
};

}  // namespace walferry::publish
