#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "capture/source_catalog.h"
#include "model/change.h"
#include "model/error.h"
#include "model/lsn.h"

namespace walferry::publish {

/// Events of a table that Kafka has committed, since this process began. A change of a key is one update.
struct EventCounts {
    std::uint64_t reads = 0, creates = 0, updates = 0, deletes = 0, truncates = 0;
    std::uint64_t dead_letters = 0;  ///< rows that could not be written as events
    std::uint64_t lost_values = 0;   ///< values that became null for want of something that carries them

    void add(const EventCounts& other);
};

/// What publishing says of itself.
struct PublishReport {
    std::string state = "starting";  ///< starting snapshot streaming retrying stopped failed
    std::string reason;
    Lsn checkpoint;  ///< committed in Kafka
    Lsn received;
    Lsn source;  ///< where the source's log ends, as of the last look
    std::int64_t lag_bytes = 0;
    double lag_seconds = 0;  ///< age of the oldest commit that was received and is not in Kafka; 0 without
    std::int64_t retained_wal_bytes = 0;
    std::uint64_t commits = 0;  ///< of Kafka
    std::uint64_t messages = 0;
    std::uint64_t too_large = 0;                 ///< records that Kafka does not take: dead letters
    std::map<std::string, EventCounts> tables;   ///< by schema.table
    std::map<ErrorKind, std::uint64_t> retries;  ///< sessions that failed and were begun anew, by the reason
};

/// Where publishing stands, for whoever asks. Thread-safe.
class PublishBoard {
 public:
    void set_state(const std::string& state, const std::string& reason = "");
    void retried(ErrorKind reason);
    void set_source(Lsn position, const std::optional<SlotStatus>& slot);
    /// `oldest`: commit time of the oldest transaction that is not in Kafka; 0: there is none.
    void set_received(Lsn received, PgTime oldest);
    void committed(Lsn checkpoint, const std::map<std::string, EventCounts>& events, std::uint64_t messages,
                   std::uint64_t too_large);

    PublishReport report() const;

 private:
    mutable std::mutex mutex_;
    PublishReport report_;
    PgTime oldest_ = 0;
};

}  // namespace walferry::publish
