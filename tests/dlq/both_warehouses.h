#pragma once

#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpoint_store.h"
#include "dlq/dead_letter_store.h"
#include "tests/support/pg_cluster.h"
#include "tests/warehouse/duckdb_session.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry::testing {

/// A test that calls this runs with each of them.
inline WarehouseKind either() {
    return GENERATE(WarehouseKind::DuckDb, WarehouseKind::Postgres);
}

/// A warehouse of this kind with fresh control tables of pipeline `p`, whose epoch is 1.
struct Desk {
    explicit Desk(WarehouseKind kind) {
        if (kind == WarehouseKind::DuckDb) {
            file = std::make_unique<OpenFile>();
            session = must(file->warehouse->connect());
        } else {
            static PgCluster cluster;
            cluster.exec("DROP SCHEMA IF EXISTS walferry CASCADE");
            warehouse = make_postgres_warehouse({cluster.conninfo(), false, "p"});
            session = must(warehouse->connect());
        }
        control = {kind, session->catalog(), "walferry", "p"};
        must(create_control_schema(*session, control));
        must(CheckpointStore(control).create(*session, {Lsn{100}, 1, 1, "slot", true, 1}));
    }

    DeadLetterStore store() const { return DeadLetterStore(control); }
    void append(std::vector<DeadLetter> letters) {
        must(session->begin());
        must(store().append(*session, letters));
        must(session->commit());
    }
    std::vector<DeadLetter> all(DeadLetterFilter filter = {}) { return must(store().list(*session, filter)); }
    /// `id:state` of every letter, in the order of commits.
    std::string states() {
        DeadLetterFilter any;
        any.state.reset();
        std::string text;
        for (const DeadLetter& letter : all(any)) {
            if (!text.empty()) text += ' ';
            text += std::to_string(letter.id) + ':' + std::string(to_string(letter.state));
        }
        return text;
    }

    std::unique_ptr<OpenFile> file;
    std::unique_ptr<Warehouse> warehouse;
    std::unique_ptr<WarehouseSession> session;
    ControlSchema control;
};

inline DeadLetter letter_of(const std::string& key, std::uint64_t commit_lsn, std::uint64_t ordinal = 0,
                            const std::string& table = "public.t") {
    DeadLetter letter;
    letter.error_code = "23514";
    letter.error = "new row violates check constraint";
    letter.source_table = table;
    letter.target_table = table;
    letter.key = R"({"id":")" + key + R"("})";
    letter.after = R"({"id":")" + key + R"(","v":"x"})";
    letter.sequence = {Lsn{commit_lsn}, ordinal};
    letter.xid = 4'000'000'000u;
    letter.commit_time = 1'500'000;
    return letter;
}

}  // namespace walferry::testing
