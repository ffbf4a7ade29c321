#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apply/encoded_change.h"
#include "apply/key_slots.h"
#include "apply/table_plan.h"

namespace walferry {

/// One event as a row of a change log. Bytes are views into the batch's arena.
struct LogEntry {
    char op = 'c';
    SequenceKey sequence;
    PgTime commit_time = 0;
    std::uint32_t xid = 0;
    std::string_view fields;        ///< data fields; empty for a TRUNCATE
    std::string_view base;          ///< where fields are unchanged: the key whose latest row has their values
    std::string_view old_key_json;  ///< of an update that changed the key, else empty
    bool has_unchanged = false;
    const RecordOrigin* record = nullptr;
};

/// A batch's events for one change log: all of them, in order. Values that the stream did not carry are taken
/// from earlier events of the batch as far as it has them.
class LogChanges {
 public:
    explicit LogChanges(std::shared_ptr<const TablePlan> plan) : plan_(std::move(plan)) {}

    Status add(const EncodedChange& change, Arena& arena);
    /// As `add`: a log has every event, whatever became of earlier ones.
    Status replace(const EncodedChange& change, Arena& arena) { return add(change, arena); }

    void vacate(const EncodedChange&, Arena&) {}

    const TablePlan& plan() const { return *plan_; }
    const std::vector<LogEntry>& entries() const { return entries_; }
    std::size_t size() const { return entries_.size(); }
    std::size_t bytes() const;

 private:
    /// The newest entry of a key.
    struct Latest {
        std::string_view key;
        std::uint64_t hash = 0;
        std::uint32_t entry = 0;
    };

    void fill(LogEntry& entry, const EncodedChange& change, Arena& arena);
    void remember(std::uint32_t entry);
    Latest* find_latest(std::string_view key);

    std::shared_ptr<const TablePlan> plan_;
    std::vector<LogEntry> entries_;
    bool remembers_ = false;      ///< since the first unchanged value, for most batches never see one
    std::vector<Latest> latest_;  ///< by key
    KeySlots slots_;
};

}  // namespace walferry
