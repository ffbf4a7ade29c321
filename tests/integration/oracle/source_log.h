#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/lsn.h"
#include "tests/integration/compare.h"
#include "tests/integration/oracle/canonical_values.h"
#include "tests/integration/oracle/source_tables.h"
#include "tests/integration/oracle/value_pool.h"

namespace walferry::testing {

/// Microseconds since 1970.
using Instant = std::int64_t;

/// A transaction that changed a table, in commit order. test_decoding does not say where the commit record
/// begins, which is the commit position of walferry, but all that lies between `last_change` and `end` are
/// records of other transactions and this one: what names another transaction, or another place of this one,
/// is found out.
struct SourceTransaction {
    std::int64_t xid = 0;
    Lsn last_change;     ///< where its last change's record begins
    Lsn end;             ///< where its commit record ends
    Instant commit = 0;  ///< the commit time that the stream carries
    bool holds(Lsn commit_position) const { return last_change < commit_position && commit_position < end; }
};

/// What happened to one table in one change. Rows have the table's columns, and real values where the source
/// left an unchanged one out.
struct SourceEvent {
    std::size_t transaction = 0;  ///< index in SourceLog::transactions()
    std::size_t ordinal = 0;      ///< place among all changes of the transaction
    char op = 0;                  ///< c u d t
    ValueRow before;  ///< u, d: the whole row before; of a table without key what the source sent. Else empty
    ValueRow after;   ///< c, u. Else empty
};

/// All that a database committed since this was made, told by contrib/test_decoding over a slot of its own:
/// neither pgoutput nor any code of walferry's takes part. Make it before the first table gets its first row:
/// it rebuilds every row from the empty table on, and so knows the value of a column that the stream calls
/// unchanged. Throws when the log contradicts itself, e.g. an update of a row that is not there.
///
/// Tables are those of the catalog at read(): one that changes its columns in between is beyond it.
class SourceLog {
 public:
    explicit SourceLog(const PgDatabase& source);

    /// Reads on to what is committed by now. Call it while nobody writes.
    void read();

    const SourceTables& tables() const { return *tables_; }
    const std::vector<SourceTransaction>& transactions() const { return transactions_; }
    /// In the order of the log.
    const std::vector<SourceEvent>& events(std::size_t table) const;
    /// Shared with what is compared with the log.
    ValuePool& pool() const { return pool_; }

    /// On the source's clock: when the log began, and now.
    Instant began() const { return began_; }
    Instant now() const;
    const PgDatabase& source() const { return source_; }

 private:
    struct Line;
    struct Pending;

    std::size_t read_some(pqxx::nontransaction& session, CanonicalValues& canonical);
    void take(std::size_t transaction, std::size_t ordinal, const DecodedChange& change,
              const CanonicalValues& canonical);
    ValueRow row_of(const OracleTable& table, const std::vector<DecodedValue>& values,
                    const CanonicalValues& canonical) const;
    void complete(std::size_t table, SourceEvent& event, bool has_before);

    PgDatabase source_;
    Instant began_ = 0;
    std::unique_ptr<SourceTables> tables_;
    std::vector<SourceTransaction> transactions_;
    std::map<std::size_t, std::vector<SourceEvent>> events_;
    std::map<std::size_t, std::map<ValueRow, ValueRow>> rows_;  ///< by key, of tables that have one
    mutable ValuePool pool_;
};

/// The values of the key; the whole row of a table without one.
ValueRow key_of(const OracleTable& table, const ValueRow& row);

}  // namespace walferry::testing
