#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/lsn.h"
#include "model/relation.h"

namespace walferry {

enum class ValueKind : std::uint8_t { Null, UnchangedToast, Text, Binary };

/// One column of a row as the stream carried it. `bytes` is a view into the message.
struct ColumnValue {
    ValueKind kind = ValueKind::Null;
    std::string_view bytes;
};

/// A row, in the order of its relation's columns.
using TupleData = std::span<const ColumnValue>;

/// Microseconds since 2000-01-01 00:00 UTC, PostgreSQL's own clock.
using PgTime = std::int64_t;

/// From microseconds since 1970.
inline constexpr PgTime pg_time_of_unix(std::int64_t unix_us) {
    return unix_us - 946'684'800'000'000;
}

struct Transaction {
    std::uint32_t xid = 0;  ///< without epoch, as the stream has it
    Lsn commit_lsn;         ///< start of the commit record; identity of the transaction
    Lsn end_lsn;            ///< one past the commit record; known at commit only
    PgTime commit_time = 0;
};

/// Total order of changes: change LSNs are no identities (all rows of one COPY share one).
struct SequenceKey {
    Lsn commit_lsn;
    std::uint64_t ordinal = 0;  ///< counts the changes of the transaction from 0

    auto operator<=>(const SequenceKey&) const = default;
};

/// The record of a change that came by Kafka. `topic` lives as long as the
/// source.
struct RecordOrigin {
    std::string_view topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::optional<std::int64_t> total_order;  ///< in its source transaction, from 1; where the record says so
    bool is_read = false;                     ///< a row of the connector's snapshot
};

enum class ChangeKind : char { Insert = 'c', Update = 'u', Delete = 'd', Truncate = 't' };

/// One change of one table. All views point into the source's buffers and hold until the next call to it.
struct ChangeEvent {
    ChangeKind kind = ChangeKind::Insert;
    const Relation* relation = nullptr;
    /// The old image: present for every delete, and for an update when the key changed or identity is FULL.
    std::optional<TupleData> before;
    bool before_is_full = false;  ///< `before` is the whole old row (identity FULL), not just the key
    TupleData after;              ///< the new row of an insert or update
    SequenceKey sequence;
    Lsn lsn;                               ///< of the change's own record in the log; 0 unknown
    std::string_view message;              ///< the message as received
    const RecordOrigin* record = nullptr;  ///< of a change that came by Kafka
};

/// What pg_logical_emit_message wrote.
struct LogicalMessage {
    bool transactional = false;  ///< belongs to a transaction, and comes with its changes
    Lsn lsn;                     ///< one past its record
    std::string_view prefix;
    std::string_view content;
};

}  // namespace walferry
