#include "capture/source_catalog.h"

#include <fmt/format.h>

#include <atomic>
#include <pqxx/pqxx>

#include "capture/evidence_catalog.h"
#include "capture/facts_catalog.h"
#include "capture/source_session.h"
#include "capture/table_catalog.h"
#include "model/quote.h"

namespace walferry {

namespace {

constexpr std::string_view duplicate_object = "42710";
constexpr std::string_view unique_violation = "23505";
constexpr std::string_view undefined_object = "42704";

Lsn to_lsn(const pqxx::field& field) {
    return field.is_null() ? Lsn{} : parse_lsn(field.c_str()).value_or(Lsn{});
}

std::string table_list(const std::vector<CandidateTable>& tables) {
    std::string list;
    for (const CandidateTable& table : tables) {
        if (!list.empty()) list += ", ";
        list += quote_identifier(table.schema) + "." + quote_identifier(table.name);
    }
    return list;
}

/// Somebody else made the same thing first, before or while we did.
bool exists_already(const Error& error) {
    return error.sqlstate == duplicate_object || error.sqlstate == unique_violation;
}

/// Functions that open a table by its OID say so when it was dropped after the catalog was read.
bool is_dropped_meanwhile(const Error& error) {
    return error.sqlstate == "XX000" &&
           (error.message.find("could not open relation with OID") != std::string::npos ||
            error.message.find("cache lookup failed") != std::string::npos);
}

class PgSourceCatalog final : public SourceCatalog {
 public:
    /// Some catalog functions lock the tables they look at: better no look than others who queue up behind
    /// it.
    explicit PgSourceCatalog(const std::string& parameters) : connection_(parameters) {
        pqxx::nontransaction session(connection_);
        session.exec("SET lock_timeout = '3s'");
        if (connection_.server_version() >= version_with_transaction_timeout)
            session.exec("SET transaction_timeout = 0");
    }

    Result<SourceIdentity> identity() override;
    Result<SourceSettings> settings() override;
    Result<std::optional<SlotStatus>> slot(const std::string& name) override;
    Result<Lsn> wal_position() override;
    Result<std::vector<CandidateTable>> candidates() override;
    Result<std::vector<SourceTable>> published_tables(const std::string& publication) override;
    Result<std::vector<SourceTable>> describe_candidates(const std::vector<CandidateTable>& tables) override;
    Result<std::vector<std::string>> unreadable_tables(const std::string& publication) override;
    Result<std::optional<TableEvidence>> evidence(RelationId id) override;
    Result<std::optional<TableFacts>> table_facts(RelationId id) override;
    Result<EnumLabels> enum_labels(const std::vector<std::uint32_t>& types) override;
    Result<std::vector<std::optional<SourceType>>> types(const std::vector<StreamType>& types) override;
    Result<std::map<RelationId, TableStorage>> storage(const std::vector<RelationId>& ids) override;
    Result<bool> is_empty(RelationId leaf) override;
    Result<std::optional<PublicationStatus>> publication(const std::string& name) override;
    Status create_publication(const std::string& name, const std::vector<CandidateTable>& tables) override;
    Status add_to_publication(const std::string& name, const std::vector<CandidateTable>& tables) override;
    Status drop_publication(const std::string& name) override;
    Status drop_slot(const std::string& name) override;
    Result<std::uint64_t> next_xid() override;
    Result<std::uint64_t> oldest_running_xid() override;
    void interrupt() override;

 private:
    /// Runs `work` on a transaction that commits each statement, and turns what is thrown into an error.
    template <class Work>
    auto ask(std::string_view what, Work&& work)
        -> Result<decltype(work(std::declval<pqxx::nontransaction&>()))> {
        if (interrupted_) return Error{ErrorKind::Cancelled, "interrupted", "", ""};
        try {
            pqxx::nontransaction transaction(connection_);
            return work(transaction);
        } catch (const std::exception& thrown) {
            Error error = source_error(thrown);
            // A statement that somebody other than us cancelled is worth another try.
            if (error.kind == ErrorKind::Cancelled && !interrupted_) error.kind = ErrorKind::Connection;
            if (is_dropped_meanwhile(error)) error.kind = ErrorKind::Busy;
            return error.in(what);
        }
    }
    Status execute(std::string_view what, const std::string& statement);

    int version() const { return connection_.server_version(); }

    pqxx::connection connection_;
    std::atomic<bool> interrupted_ = false;
};

Status PgSourceCatalog::execute(std::string_view what, const std::string& statement) {
    WALFERRY_TRYV(
        ask(what, [&](pqxx::nontransaction& work) { return work.exec(statement).affected_rows(); }));
    return success();
}

/// What a primary has flushed, what a standby has replayed: the end of what a walsender can send.
constexpr std::string_view position_expression =
    "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END";

Result<SourceIdentity> PgSourceCatalog::identity() {
    // The control file tells a primary's timeline only from the next checkpoint on; the name of the WAL file
    // does at once.
    const auto query = fmt::format(
        "SELECT system_identifier, {}, current_database(), pg_is_in_recovery(), CASE WHEN "
        "pg_is_in_recovery() "
        "THEN greatest((pg_control_recovery()).min_recovery_end_timeline, "
        "(pg_control_checkpoint()).timeline_id)::text "
        "ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END FROM pg_control_system()",
        position_expression);
    return ask("reading the source's identity", [&](pqxx::nontransaction& work) {
        const pqxx::result result = work.exec(query);
        const pqxx::row row = result[0];
        SourceIdentity identity;
        identity.system_identifier = static_cast<std::uint64_t>(row[0].as<std::int64_t>());
        identity.position = to_lsn(row[1]);
        identity.database = row[2].c_str();
        identity.in_recovery = row[3].as<bool>();
        identity.timeline =
            static_cast<std::uint32_t>(std::stoul(row[4].c_str(), nullptr, identity.in_recovery ? 10 : 16));
        identity.server_version = version();
        return identity;
    });
}

Result<SourceSettings> PgSourceCatalog::settings() {
    // Amazon RDS grants replication through membership, not through the role attribute.
    constexpr const char* query =
        "SELECT current_setting('wal_level'), current_setting('max_replication_slots')::int, "
        "(SELECT count(*) FROM pg_replication_slots), current_setting('max_wal_senders')::int, "
        "(SELECT count(*) FROM pg_stat_replication), "
        "(SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user) OR EXISTS "
        "(SELECT FROM pg_roles WHERE rolname = 'rds_replication' AND pg_has_role(oid, 'MEMBER')), "
        "has_database_privilege(current_database(), 'CREATE'), current_setting('max_slot_wal_keep_size')";
    return ask("reading the source's settings", [&](pqxx::nontransaction& work) {
        const pqxx::result result = work.exec(query);
        const pqxx::row row = result[0];
        SourceSettings settings;
        settings.wal_level = row[0].c_str();
        settings.max_replication_slots = row[1].as<int>();
        settings.used_replication_slots = row[2].as<int>();
        settings.max_wal_senders = row[3].as<int>();
        settings.used_wal_senders = row[4].as<int>();
        settings.can_replicate = row[5].as<bool>();
        settings.can_create_publication = row[6].as<bool>();
        settings.max_slot_wal_keep_size = row[7].c_str();
        return settings;
    });
}

Result<std::optional<SlotStatus>> PgSourceCatalog::slot(const std::string& name) {
    const bool newest = version() >= 170000;
    const auto query = fmt::format(
        "SELECT COALESCE(plugin, ''), COALESCE(database, ''), active, COALESCE(active_pid, 0), temporary, "
        "restart_lsn, "
        "confirmed_flush_lsn, COALESCE(wal_status, ''), safe_wal_size, COALESCE(pg_wal_lsn_diff({}, "
        "restart_lsn), "
        "0)::int8, {}, {} FROM pg_replication_slots WHERE slot_name = {}",
        position_expression, newest ? "COALESCE(invalidation_reason, '')" : "''",
        newest ? "failover" : "false", quote_literal(name));
    return ask("reading the replication slot", [&](pqxx::nontransaction& work) -> std::optional<SlotStatus> {
        const pqxx::result result = work.exec(query);
        if (result.empty()) return std::nullopt;
        const pqxx::row row = result[0];
        SlotStatus slot;
        slot.name = name;
        slot.plugin = row[0].c_str();
        slot.database = row[1].c_str();
        slot.active = row[2].as<bool>();
        slot.active_pid = row[3].as<std::int32_t>();
        slot.temporary = row[4].as<bool>();
        slot.restart_lsn = to_lsn(row[5]);
        slot.confirmed_flush_lsn = to_lsn(row[6]);
        slot.wal_status = row[7].c_str();
        if (!row[8].is_null()) slot.safe_wal_bytes = row[8].as<std::int64_t>();
        slot.retained_wal_bytes = row[9].as<std::int64_t>();
        slot.invalidation_reason = row[10].c_str();
        slot.failover = row[11].as<bool>();
        return slot;
    });
}

Result<Lsn> PgSourceCatalog::wal_position() {
    return ask("reading the WAL position", [&](pqxx::nontransaction& work) {
        return to_lsn(work.exec(fmt::format("SELECT {}", position_expression))[0][0]);
    });
}

Result<std::vector<CandidateTable>> PgSourceCatalog::candidates() {
    return ask("listing the source's tables",
               [](pqxx::nontransaction& work) { return read_candidates(work); });
}

Result<std::vector<SourceTable>> PgSourceCatalog::published_tables(const std::string& publication) {
    return ask("reading the published tables", [&](pqxx::nontransaction& work) {
        return read_published_tables(work, version(), publication);
    });
}

Result<std::vector<SourceTable>> PgSourceCatalog::describe_candidates(
    const std::vector<CandidateTable>& tables) {
    return ask("reading tables",
               [&](pqxx::nontransaction& work) { return read_candidate_tables(work, version(), tables); });
}

Result<std::vector<std::string>> PgSourceCatalog::unreadable_tables(const std::string& publication) {
    return ask("reading privileges",
               [&](pqxx::nontransaction& work) { return read_unreadable_tables(work, publication); });
}

Result<std::optional<TableEvidence>> PgSourceCatalog::evidence(RelationId id) {
    return ask("reading a table's description",
               [&](pqxx::nontransaction& work) { return read_table_evidence(work, id); });
}

Result<std::optional<TableFacts>> PgSourceCatalog::table_facts(RelationId id) {
    return ask("reading a table's columns and key",
               [&](pqxx::nontransaction& work) { return read_table_facts(work, id); });
}

Result<EnumLabels> PgSourceCatalog::enum_labels(const std::vector<std::uint32_t>& types) {
    return ask("reading enums", [&](pqxx::nontransaction& work) { return read_enum_labels(work, types); });
}

Result<std::vector<std::optional<SourceType>>> PgSourceCatalog::types(const std::vector<StreamType>& types) {
    return ask("reading types", [&](pqxx::nontransaction& work) { return read_types(work, types); });
}

Result<std::map<RelationId, TableStorage>> PgSourceCatalog::storage(const std::vector<RelationId>& ids) {
    return ask("reading where tables are stored",
               [&](pqxx::nontransaction& work) { return read_storage(work, ids); });
}

Result<bool> PgSourceCatalog::is_empty(RelationId leaf) {
    return ask("reading the size of a partition", [&](pqxx::nontransaction& work) {
        return work.exec(fmt::format("SELECT COALESCE(pg_relation_size({}), 0) = 0", leaf))[0][0].as<bool>();
    });
}

Result<std::optional<PublicationStatus>> PgSourceCatalog::publication(const std::string& name) {
    const char* by_schema = version() >= 150000
                                ? "EXISTS (SELECT FROM pg_publication_namespace n WHERE n.pnpubid = p.oid)"
                                : "false";
    const auto query = fmt::format(
        "SELECT oid, puballtables, pubviaroot, pubinsert, pubupdate, pubdelete, pubtruncate, {} FROM "
        "pg_publication p "
        "WHERE pubname = {}",
        by_schema, quote_literal(name));
    return ask("reading the publication",
               [&](pqxx::nontransaction& work) -> std::optional<PublicationStatus> {
                   const pqxx::result result = work.exec(query);
                   if (result.empty()) return std::nullopt;
                   const pqxx::row row = result[0];
                   PublicationStatus status;
                   status.id = row[0].as<std::uint32_t>();
                   status.all_tables = row[1].as<bool>();
                   status.via_root = row[2].as<bool>();
                   status.inserts = row[3].as<bool>();
                   status.updates = row[4].as<bool>();
                   status.deletes = row[5].as<bool>();
                   status.truncates = row[6].as<bool>();
                   status.by_schema = row[7].as<bool>();
                   return status;
               });
}

Status PgSourceCatalog::create_publication(const std::string& name,
                                           const std::vector<CandidateTable>& tables) {
    const std::string members = tables.empty() ? "" : "FOR TABLE " + table_list(tables);
    Status created = execute(fmt::format("creating publication {}", quote_identifier(name)),
                             fmt::format("CREATE PUBLICATION {} {} WITH (publish_via_partition_root = true)",
                                         quote_identifier(name), members));
    if (created.has_value() || !exists_already(created.error())) return created;
    return add_to_publication(name, tables);
}

Status PgSourceCatalog::add_to_publication(const std::string& name,
                                           const std::vector<CandidateTable>& tables) {
    if (tables.empty()) return success();
    const auto add = [&](const std::vector<CandidateTable>& some) {
        // One statement string is one transaction: the limit ends with it. Somebody who builds an index on a
        // new table concurrently must not hold us up.
        return execute(fmt::format("adding tables to publication {}", quote_identifier(name)),
                       fmt::format("SET LOCAL lock_timeout = '3s'; ALTER PUBLICATION {} ADD TABLE {}",
                                   quote_identifier(name), table_list(some)));
    };
    Status added = add(tables);
    if (added.has_value() || !exists_already(added.error())) return added;
    // One of them is a member already, which failed all: one by one, then.
    for (const CandidateTable& table : tables) {
        Status one = add({table});
        if (one.has_error() && !exists_already(one.error())) return one;
    }
    return success();
}

Status PgSourceCatalog::drop_publication(const std::string& name) {
    return execute(fmt::format("dropping publication {}", quote_identifier(name)),
                   fmt::format("DROP PUBLICATION IF EXISTS {}", quote_identifier(name)));
}

Status PgSourceCatalog::drop_slot(const std::string& name) {
    Status dropped = execute(
        fmt::format("dropping replication slot {}", quote_identifier(name)),
        fmt::format(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = {}",
            quote_literal(name)));
    if (dropped.has_error() && dropped.error().sqlstate == undefined_object) return success();
    return dropped;
}

Result<std::uint64_t> PgSourceCatalog::next_xid() {
    return ask("reading the next transaction id", [](pqxx::nontransaction& work) {
        return work.exec("SELECT pg_current_xact_id()")[0][0].as<std::uint64_t>();
    });
}

Result<std::uint64_t> PgSourceCatalog::oldest_running_xid() {
    return ask("reading the oldest transaction id", [](pqxx::nontransaction& work) {
        return work.exec("SELECT pg_snapshot_xmin(pg_current_snapshot())")[0][0].as<std::uint64_t>();
    });
}

void PgSourceCatalog::interrupt() {
    interrupted_ = true;
    try {
        connection_.cancel_query();
    } catch (const std::exception&) {
        // The statement ends by itself, or with its connection; the flag keeps the next one from starting.
    }
}

}  // namespace

Result<std::unique_ptr<SourceCatalog>> connect_source_catalog(const std::string& connection) {
    WALFERRY_TRY(parameters, source_parameters(connection));
    try {
        return std::unique_ptr<SourceCatalog>(std::make_unique<PgSourceCatalog>(conninfo(parameters)));
    } catch (const std::exception& thrown) {
        // libpqxx does not say what kind of failure it was; libpq can tell when asked again.
        auto probe = connect_source(parameters);
        if (probe.has_error()) return std::move(probe).error();
        return Error{ErrorKind::Connection, source_error(thrown).message, "", ""};
    }
}

}  // namespace walferry
