#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "capture/debezium/table_shape.h"
#include "model/change.h"
#include "model/lsn.h"

/// What one record of Debezium's says. All views hold until the reader's next call, shapes as long as the
/// reader.
namespace walferry::debezium {

enum class Operation : char { Read = 'r', Create = 'c', Update = 'u', Delete = 'd', Truncate = 't' };

/// Which part of a snapshot a row is of; Incremental: of one that was asked for by a signal.
enum class SnapshotMark : std::uint8_t { None, First, FirstOfTable, Middle, LastOfTable, Last, Incremental };

/// Where a change comes from. What a connector does not say is empty, none or 0.
struct SourceBlock {
    std::string_view connector;          ///< postgresql, mysql, sqlserver, …
    std::string_view name;               ///< topic.prefix
    std::string_view db, schema, table;  ///< schema: the database's name where there are none (MySQL)
    std::int64_t time_us = 0;            ///< of the commit, since 1970
    SnapshotMark snapshot = SnapshotMark::None;
    std::optional<Lsn> lsn;  ///< of the change, not of its commit
    std::optional<std::int64_t> tx_id;
    std::string_view sequence;  ///< JSON in a string: ["end of previous commit","lsn"]

    bool is_postgresql() const { return connector.empty() || connector == "postgresql"; }
};

/// Its place in its transaction (provide.transaction.metadata). PostgreSQL's ids are `txid:lsn`, and the lsn
/// is another one in each event: match on what is before the colon.
struct TransactionBlock {
    std::string_view id;
    std::int64_t total_order = 0;
    std::int64_t data_collection_order = 0;
};

/// A change of one row, or a truncate (whose shape has no columns when nothing else of its table came
/// before). Rows are in the order of shape->relation's columns; of a row that is
/// known by its key only, all other columns are Null.
///
/// What can be trusted: `after` whole. Of Debezium's before-images the key alone, for under REPLICA IDENTITY
/// DEFAULT they hold invented values; and the whole of it where it is known to be the old row: the record
/// has no key (PostgreSQL sends old rows of such tables under FULL only), the caller knows of FULL, or the
/// connector reads a log that always has whole rows (mysql, mariadb, sqlserver). Nothing is concluded from
/// values, since a DEFAULT looks like one.
struct RowChange {
    Operation op = Operation::Read;
    const TableShape* shape = nullptr;
    std::optional<TupleData> before;  ///< every delete has it; an update where it is the whole old row
    bool before_is_full = false;
    TupleData after;  ///< empty for a delete or truncate
    /// A change of the key is a delete with the new one, and a create with the old one, whose row it
    /// continues: columns that are UnchangedToast have the old row's values.
    std::optional<TupleData> new_key, old_key;
    /// Columns of `after` whose null may stand for an unchanged value out of line; with policy Keep they are
    /// UnchangedToast in it.
    std::span<const std::uint16_t> ambiguous_nulls;
    SourceBlock source;
    std::optional<TransactionBlock> transaction;
    std::int64_t time_us = 0;  ///< when Debezium wrote the event, since 1970; 0 where it does not say
    bool flattened = false;    ///< without `__op` it is an Update that may be of a row that nobody knows
};

/// A null value: follows a delete, so that Kafka can forget the key.
struct Tombstone {};

struct Heartbeat {
    std::int64_t time_us = 0;
};

/// How many events of one table are in a transaction.
struct CollectionCount {
    std::string_view collection;  ///< schema.table
    std::int64_t event_count = 0;
};

struct TransactionBoundary {
    bool end = false;
    std::string_view id;           ///< see TransactionBlock
    std::int64_t event_count = 0;  ///< END only
    std::span<const CollectionCount> collections;
    std::int64_t time_us = 0;
};

/// pg_logical_emit_message. Those that are not transactional have no source.tx_id, and come before the rows
/// of the transaction that wrote them.
struct LogicalMessage {
    std::string_view prefix, content;
    SourceBlock source;
    std::optional<TransactionBlock> transaction;
};

/// A statement from the schema change topic of MySQL, SQL Server or Oracle.
struct SchemaChange {
    std::string_view database, schema, ddl;
    SourceBlock source;
};

using Event =
    std::variant<RowChange, Tombstone, Heartbeat, TransactionBoundary, LogicalMessage, SchemaChange>;

}  // namespace walferry::debezium
