#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/table_evidence.h"
#include "model/error.h"
#include "model/lsn.h"
#include "model/source_table.h"
#include "model/table_facts.h"

namespace walferry {

/// Who and where the source is, for the rules of a safe start.
struct SourceIdentity {
    std::uint64_t system_identifier = 0;
    std::uint32_t timeline = 0;
    Lsn position;            ///< pg_current_wal_flush_lsn()
    int server_version = 0;  ///< e.g. 150018
    std::string database;
    bool in_recovery = false;
};

/// A row of pg_replication_slots, as far as it matters.
struct SlotStatus {
    std::string name;
    std::string plugin;
    std::string database;
    bool active = false;
    std::int32_t active_pid = 0;
    bool temporary = false;
    Lsn restart_lsn;
    Lsn confirmed_flush_lsn;
    std::string wal_status;  ///< reserved, extended, unreserved, lost; empty when unknown
    std::optional<std::int64_t> safe_wal_bytes;
    std::int64_t retained_wal_bytes = 0;
    std::string invalidation_reason;  ///< PostgreSQL 17 and up
    bool failover = false;            ///< PostgreSQL 17 and up
};

/// A table of the source that could be captured, before any publication is looked at.
struct CandidateTable {
    RelationId id = 0;
    std::string schema;
    std::string name;
    bool usable_identity = false;
    std::string identity_problem;  ///< in words, empty when usable
    bool owned = true;             ///< the role may put it into a publication
    bool readable = true;          ///< the role may read all of it, as the first copy does
};

struct PublicationStatus {
    std::uint32_t id = 0;
    bool all_tables = false;
    bool via_root = false;
    bool inserts = true, updates = true, deletes = true, truncates = true;
    bool by_schema = false;  ///< has FOR TABLES IN SCHEMA members
};

/// Facts for `check`.
struct SourceSettings {
    std::string wal_level;
    int max_replication_slots = 0;
    int used_replication_slots = 0;
    int max_wal_senders = 0;
    int used_wal_senders = 0;
    bool can_replicate = false;           ///< role attribute REPLICATION or superuser
    bool can_create_publication = false;  ///< CREATE on the database
    std::string max_slot_wal_keep_size;
};

/// Look-ups and small changes at the source over one ordinary connection (libpqxx): nothing of the hot path.
/// Every method may fail with kind Connection, after which the object is of no more use. One thread at a
/// time.
class SourceCatalog {
 public:
    virtual ~SourceCatalog() = default;

    virtual Result<SourceIdentity> identity() = 0;
    virtual Result<SourceSettings> settings() = 0;
    virtual Result<std::optional<SlotStatus>> slot(const std::string& name) = 0;
    virtual Result<Lsn> wal_position() = 0;

    /// Ordinary tables and roots of partitioned tables: permanent, no leaves, no system schemas.
    virtual Result<std::vector<CandidateTable>> candidates() = 0;
    /// The published tables in full (with publish_via_partition_root: roots, not leaves).
    virtual Result<std::vector<SourceTable>> published_tables(const std::string& publication) = 0;
    /// Tables that need not be published yet, as a publication of ours would send them.
    virtual Result<std::vector<SourceTable>> describe_candidates(
        const std::vector<CandidateTable>& tables) = 0;
    /// Names of the published tables on which the connected role lacks SELECT.
    virtual Result<std::vector<std::string>> unreadable_tables(const std::string& publication) = 0;

    /// What the catalog says of a table now; empty when it is not there any more.
    virtual Result<std::optional<TableEvidence>> evidence(RelationId id) = 0;
    /// What publishing wants to know besides; empty when the table is not there any more.
    virtual Result<std::optional<TableFacts>> table_facts(RelationId id) = 0;
    /// Of those among `types` that are enums.
    virtual Result<EnumLabels> enum_labels(const std::vector<std::uint32_t>& types) = 0;
    /// In the order of `types`; empty for one that is not there any more.
    virtual Result<std::vector<std::optional<SourceType>>> types(const std::vector<StreamType>& types) = 0;
    /// Of those tables that are there.
    virtual Result<std::map<RelationId, TableStorage>> storage(const std::vector<RelationId>& ids) = 0;
    /// Whether nothing was ever stored in it since it was made or truncated. Kind Busy while it is locked.
    virtual Result<bool> is_empty(RelationId leaf) = 0;

    virtual Result<std::optional<PublicationStatus>> publication(const std::string& name) = 0;
    /// For exactly these tables, publish_via_partition_root on. A publication needs one table at least on no
    /// version.
    virtual Status create_publication(const std::string& name, const std::vector<CandidateTable>& tables) = 0;
    virtual Status add_to_publication(const std::string& name, const std::vector<CandidateTable>& tables) = 0;
    virtual Status drop_publication(const std::string& name) = 0;
    /// Fails with kind Busy while the slot is in use.
    virtual Status drop_slot(const std::string& name) = 0;

    /// A transaction id above all that were given out so far: a new one is taken for it, since the xmax of a
    /// snapshot is only one past the last that ended.
    virtual Result<std::uint64_t> next_xid() = 0;
    /// pg_snapshot_xmin(pg_current_snapshot()): all transactions below are finished.
    virtual Result<std::uint64_t> oldest_running_xid() = 0;
    virtual void interrupt() = 0;  ///< any thread
};

/// Connects with the session settings that all of walferry's source connections use.
Result<std::unique_ptr<SourceCatalog>> connect_source_catalog(const std::string& connection);

}  // namespace walferry
