#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/history/latest_plan.h"
#include "apply/table_registry.h"
#include "capture/source_catalog.h"
#include "checkpoint/checkpoint_store.h"
#include "dlq/dead_letter_row.h"
#include "dlq/dead_letter_store.h"
#include "pipeline/dead_letter_desk.h"
#include "pipeline/dead_letter_replayer.h"
#include "pipeline/table_planning.h"
#include "tests/support/catch.h"
#include "tests/support/pg_cluster.h"
#include "tests/warehouse/duckdb_session.h"
#include "warehouse/lsn_literal.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry::testing {

/// A test that calls this runs with each of them.
inline WarehouseKind each_kind() {
    return GENERATE(WarehouseKind::DuckDb, WarehouseKind::Postgres);
}

/// A source with tables and a publication of them, and a warehouse in which pipeline p streams them: targets
/// and control tables are there, and empty. Rows and letters are what a test puts there.
class ReplayStand {
 public:
    /// `rule`: what stands in the one table rule beside its match, in one line of YAML.
    ReplayStand(WarehouseKind of_kind, const std::string& source_sql, const std::string& rule)
        : kind(of_kind) {
        empty(source_database);
        source(source_sql);
        source("CREATE PUBLICATION walferry_p FOR ALL TABLES");
        std::string target;
        if (kind == WarehouseKind::DuckDb) {
            file = std::make_unique<OpenFile>();
            session = must(file->warehouse->connect());
            target = "duckdb: { path: unused.duckdb }";
        } else {
            empty("warehouse");
            const std::string conninfo = cluster().conninfo("warehouse");
            warehouse = make_postgres_warehouse({conninfo, false, "p"});
            session = must(warehouse->connect());
            target = "postgres: { connection: '" + conninfo + "' }";
        }
        config = must(parse_config("pipeline: p\nsource: { postgres: { connection: '" +
                                       cluster().conninfo(source_database) + "' } }\nwarehouse: { " + target +
                                       " }\ntables: [ { match: 'public.*', " + rule + " } ]\n",
                                   "p.yaml"));
        control = {kind, session->catalog(), "walferry", "p"};
        must(create_control_schema(*session, control));
        must(CheckpointStore(control).create(*session, {Lsn{1}, 1, 1, "slot", true, 1}));
        make_targets();
    }

    void source(const std::string& sql) const { cluster().exec(sql, source_database); }
    void exec(const std::string& sql) { must(session->execute(sql)); }
    std::vector<std::string> rows(const std::string& sql) {
        std::vector<std::string> lines;
        for (const auto& row : must(session->query(sql)).rows) lines.push_back(joined(row));
        return lines;
    }
    std::string lsn(std::uint64_t number) const { return lsn_literal(kind, Lsn{number}); }
    /// SQL of a position as a number, and of a time as seconds since 2000.
    std::string number(const std::string& column) const {
        return kind == WarehouseKind::DuckDb ? column : fmt::format("({} - '0/0'::pg_lsn)::bigint", column);
    }
    std::string seconds(const std::string& column) const {
        return fmt::format("CASE WHEN isfinite({}) THEN CAST(({}) / 1000000 AS bigint) END", column,
                           microseconds_sql(kind, column));
    }
    /// SQL of that many seconds since 2000.
    static std::string time(int at) {
        return fmt::format("CAST('2000-01-01 00:00:{:02}+00' AS timestamptz)", at);
    }

    /// A letter of public.t, whose commit time is as many seconds as its position.
    static DeadLetter letter(char op, std::uint64_t commit_lsn, std::string key,
                             std::optional<std::string> before, std::optional<std::string> after,
                             std::string target = "public.t") {
        DeadLetter letter;
        letter.op = parse_dead_letter_op({&op, 1}).value();
        letter.source_table = "public.t";
        letter.target_table = std::move(target);
        letter.key = std::move(key);
        letter.before = std::move(before);
        letter.after = std::move(after);
        letter.sequence = {Lsn{commit_lsn}, 3};
        letter.xid = 77;
        letter.commit_time = static_cast<PgTime>(commit_lsn) * 1'000'000;
        letter.error = "refused";
        return letter;
    }
    void append(std::vector<DeadLetter> letters) {
        must(session->begin());
        must(DeadLetterStore(control).append(*session, letters));
        must(session->commit());
    }

    /// Tries the open letters, or these of them. Gives `id verdict` for each, and the error.
    std::vector<std::string> replay(std::vector<std::int64_t> ids = {}) {
        DeadLetterFilter filter;
        filter.ids = std::move(ids);
        const DeadLetterStore store(control);
        const std::vector<DeadLetter> letters = must(store.list(*session, filter));
        if (!replayer) replayer = must(dead_letter_replayer(config, kind, *session));
        const ReplayReport report =
            replay_letters(store, letters, replayer, make_lone_writer(*session, control));
        if (report.failure) FAIL(report.failure->message);
        std::vector<std::string> lines;
        for (const ReplayResult& result : report.results) {
            lines.push_back(fmt::format("{} {}", result.id, to_string(result.verdict)));
            if (!result.error.empty()) lines.back() += ": " + result.error;
        }
        return lines;
    }
    /// The one letter's verdict.
    std::string replay_one(DeadLetter letter) {
        append({std::move(letter)});
        const std::string id = one(*session, "SELECT max(id) FROM walferry.dead_letter").value();
        const std::vector<std::string> lines = replay({std::stoll(id)});
        REQUIRE(lines.size() == 1);
        return lines[0].substr(id.size() + 1);
    }
    std::string states() {
        std::string text;
        for (const std::string& state : rows("SELECT state FROM walferry.dead_letter ORDER BY id"))
            text += (text.empty() ? "" : " ") + state;
        return text;
    }
    void set_table_state(TableState state) {
        auto table = std::make_shared<Table>();
        for (const PlannedTable& planned : plans)
            table->plans.push_back(std::make_shared<const TablePlan>(planned.plan));
        must(TableStateStore(control).write(*session, table->state_row(state), 1));
    }

    WarehouseKind kind;
    static constexpr const char* source_database = "source";
    std::unique_ptr<OpenFile> file;
    std::unique_ptr<Warehouse> warehouse;
    std::unique_ptr<WarehouseSession> session;
    Config config;
    ControlSchema control;
    std::vector<PlannedTable> plans;
    ReplayOne replayer;  ///< made at the first replay; for a changed configuration to be made anew

 private:
    /// A server with the databases `source` and `warehouse`, for all tests: databases take long to make.
    static PgCluster& cluster() {
        static PgCluster one_for_all;
        static const bool made = [] {
            one_for_all.create_database(source_database);
            one_for_all.create_database("warehouse");
            return true;
        }();
        (void)made;
        return one_for_all;
    }

    static void empty(const std::string& database) {
        cluster().exec(
            "DROP PUBLICATION IF EXISTS walferry_p; DROP SCHEMA IF EXISTS walferry CASCADE; DROP SCHEMA IF "
            "EXISTS "
            "public CASCADE; CREATE SCHEMA public",
            database);
    }

    void make_targets() {
        auto catalog = must(connect_source_catalog(config.source.connection));
        const auto published = must(catalog->published_tables("walferry_p"));
        TablePlanning planning = must(plan_tables(config, published, *session, kind));
        must(refuse_on_errors(planning.findings));
        plans = std::move(planning.tables);
        for (const PlannedTable& planned : plans) {
            must(create_target(*session, planned));
            if (planned.plan.keeps_latest()) must(session->execute(create_latest_sql(planned.plan)));
            for (const KeyIndex& index : key_indexes(planned.plan)) must(session->execute(index.sql));
        }
        set_table_state(TableState::Streaming);
    }
};

using Lines = std::vector<std::string>;

}  // namespace walferry::testing
