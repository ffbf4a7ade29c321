#include "tests/integration/oracle/judge.h"

#include <fmt/format.h>

#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

using fmt::literals::operator""_a;

const DecodedName upsert_name{"public", "t"};
const DecodedName log_name{"public", "t_changes"};
const HistoryTarget history_target{.name = {"public", "t_history"}};

constexpr const char* transactions[] = {
    "INSERT INTO t VALUES (1, 'a', '2024-01-01 00:00:00+00'), (2, 'b', NULL)",
    "UPDATE t SET v = 'a2' WHERE id = 1; INSERT INTO t VALUES (3, 'c', NULL); DELETE FROM t WHERE id = 3",
    "UPDATE t SET id = 4 WHERE id = 2", "TRUNCATE t; INSERT INTO t VALUES (4, 'b', NULL)"};

/// What a copy after the first transaction, and the stream after it, must leave in a warehouse. {t1}: commit
/// time of transaction 1, {l1}: its position, {x1}: its xid; {t0}: time of the copy.
constexpr const char* warehouse_sql = R"sql(
CREATE TABLE public.t (id integer, v varchar, seen timestamptz);
INSERT INTO public.t VALUES (4, 'b', NULL);
CREATE TABLE public.t_changes (_op varchar, _lsn {lsn}, _seq bigint, _commit_ts timestamptz, _xid bigint,
    _old_key {json}, _unchanged varchar, id integer, v varchar, seen timestamptz);
INSERT INTO public.t_changes VALUES
    ('r', {l1}, NULL, NULL, NULL, NULL, NULL, 1, 'a', '2024-01-01 00:00:00+00'),
    ('r', {l1}, NULL, NULL, NULL, NULL, NULL, 2, 'b', NULL),
    ('u', {l1}, 0, {t1}, {x1}, NULL, NULL, 1, 'a2', '2024-01-01 00:00:00+00'),
    ('c', {l1}, 1, {t1}, {x1}, NULL, NULL, 3, 'c', NULL),
    ('d', {l1}, 2, {t1}, {x1}, NULL, NULL, 3, NULL, NULL),
    ('u', {l2}, 0, {t2}, {x2}, '{{"id": 2}}', NULL, 4, 'b', NULL),
    ('t', {l3}, 0, {t3}, {x3}, NULL, NULL, NULL, NULL, NULL),
    ('c', {l3}, 1, {t3}, {x3}, NULL, NULL, 4, 'b', NULL);
CREATE TABLE public.t_history (id integer, v varchar, seen timestamptz, valid_from timestamptz,
    valid_to timestamptz, is_current boolean, _walferry_lsn {lsn});
INSERT INTO public.t_history VALUES
    (1, 'a', '2024-01-01 00:00:00+00', {t0}, {t1}, false, {l1}),
    (2, 'b', NULL, {t0}, {t2}, false, {l1}),
    (1, 'a2', '2024-01-01 00:00:00+00', {t1}, {t3}, false, {l1}),
    (4, 'b', NULL, {t2}, NULL, true, {l2});
)sql";

/// Each must be found out.
constexpr const char* damages[] = {
    "DELETE FROM public.t_changes WHERE _op = 't'",
    "DELETE FROM public.t_changes WHERE _op = 'u' AND id = 4",
    "DELETE FROM public.t_changes WHERE _xid = (SELECT max(_xid) FROM public.t_changes)",
    "DELETE FROM public.t_changes WHERE _op = 'r' AND id = 2",
    "INSERT INTO public.t_changes SELECT * FROM public.t_changes WHERE _op = 'r' AND id = 2",
    "INSERT INTO public.t_changes SELECT * FROM public.t_changes WHERE _op = 'c' AND id = 4",
    "UPDATE public.t_changes SET v = 'z' WHERE _op = 'r' AND id = 2",
    "UPDATE public.t_changes SET v = NULL WHERE _op = 'u' AND id = 1",
    "UPDATE public.t_changes SET seen = seen + interval '1 microsecond' WHERE _op = 'u' AND id = 1",
    "UPDATE public.t_changes SET v = 'c' WHERE _op = 'd'",
    "UPDATE public.t_changes SET _op = 'c' WHERE _op = 'u' AND id = 1",
    "UPDATE public.t_changes SET _seq = 2 WHERE _op = 'c' AND id = 3",
    "UPDATE public.t_changes SET _seq = 3 - _seq WHERE _op <> 'r' AND _seq > 0",
    "UPDATE public.t_changes SET _seq = NULL WHERE _op = 'u' AND id = 4",
    "UPDATE public.t_changes SET _xid = _xid + 1 WHERE _op = 'u' AND id = 4",
    "UPDATE public.t_changes SET _xid = 3 WHERE _op = 'u' AND id = 4",
    "UPDATE public.t_changes SET _commit_ts = _commit_ts + interval '1 microsecond' WHERE _op = 'd'",
    "UPDATE public.t_changes SET _commit_ts = NULL WHERE _op = 'd'",
    "UPDATE public.t_changes SET _lsn = _lsn + 4096 WHERE _op = 'u' AND id = 4",
    "UPDATE public.t_changes SET _old_key = NULL",
    "UPDATE public.t_changes SET _old_key = '{\"id\": 3}' WHERE _op "
    "= 'u' AND id = 4",
    "UPDATE public.t_changes SET _old_key = '{\"id\": 1}' WHERE _op = 'u' AND id = 1",
    "UPDATE public.t_changes SET _unchanged = 'v' WHERE _op = 'u' AND id = 1",
    "DELETE FROM public.t_history WHERE v = 'a'",
    "DELETE FROM public.t_history WHERE v = 'a2'",
    "INSERT INTO public.t_history SELECT * FROM public.t_history WHERE v = 'a2'",
    "UPDATE public.t_history SET v = 'z' WHERE v = 'a2'",
    "UPDATE public.t_history SET seen = NULL WHERE v = 'a2'",
    "UPDATE public.t_history SET valid_from = valid_from + interval '1 microsecond' WHERE v = 'a2'",
    "UPDATE public.t_history SET valid_from = valid_from - interval '1 microsecond' WHERE v = 'a'",
    "UPDATE public.t_history SET valid_from = valid_from - interval '1 day' WHERE v = 'a' OR id = 2",
    "UPDATE public.t_history SET valid_from = '-infinity' WHERE v = 'a' OR id = 2",
    "UPDATE public.t_history SET valid_to = valid_to + interval '1 microsecond' WHERE id = 2",
    "UPDATE public.t_history SET valid_to = NULL, is_current = true WHERE id = 2",
    "UPDATE public.t_history SET is_current = NULL WHERE id = 4",
    "UPDATE public.t_history SET is_current = true WHERE id = 2",
    "UPDATE public.t_history SET _walferry_lsn = _walferry_lsn + 4096 WHERE id = 4",
    "UPDATE public.t SET v = 'z'",
    "DELETE FROM public.t"};

/// A source with the four transactions.
class Source {
 public:
    Source() {
        cluster.create_database("shop");
        log.emplace(PgDatabase{cluster, "shop"});
        cluster.exec("CREATE TABLE t (id integer PRIMARY KEY, v text, seen timestamptz)", "shop");
        for (const char* transaction : transactions) {
            cluster.exec(std::string("BEGIN; ") + transaction + "; COMMIT", "shop");
            if (!copied_at) copied_at = log->now();
        }
        log->read();
    }

    std::string position(std::size_t transaction, bool duckdb) const {
        const walferry::Lsn lsn{log->transactions()[transaction].end.value - 1};
        return duckdb ? std::to_string(lsn.value) : "'" + walferry::to_string(lsn) + "'";
    }

    static std::string instant(Instant instant, bool duckdb) {
        return fmt::format(fmt::runtime(duckdb ? "make_timestamptz({})"
                                               : "timestamptz 'epoch' + {} * interval '1 microsecond'"),
                           instant);
    }

    std::string warehouse(bool duckdb) const {
        const auto& all = log->transactions();
        return fmt::format(fmt::runtime(warehouse_sql), "lsn"_a = duckdb ? "ubigint" : "pg_lsn",
                           "json"_a = duckdb ? "json" : "jsonb", "t0"_a = instant(copied_at, duckdb),
                           "t1"_a = instant(all[1].commit, duckdb), "t2"_a = instant(all[2].commit, duckdb),
                           "t3"_a = instant(all[3].commit, duckdb), "l1"_a = position(1, duckdb),
                           "l2"_a = position(2, duckdb), "l3"_a = position(3, duckdb), "x1"_a = all[1].xid,
                           "x2"_a = all[2].xid, "x3"_a = all[3].xid);
    }

    PgCluster cluster;
    std::optional<SourceLog> log;
    Instant copied_at = 0;
};

std::string verdict(const SourceLog& log, const TargetReader& warehouse,
                    const HistoryTarget& history = history_target) {
    Judge judge(log, warehouse);
    std::string found = judge.log_differences("public.t", log_name);
    found += judge.sequence_differences();
    found += judge.history_differences("public.t", history);
    found += judge.replay_differences("public.t", log_name, upsert_name);
    found += judge.current_differences("public.t", history, upsert_name);
    return found;
}

}  // namespace

TEST_CASE("the judge finds nothing in what was written by hand in PostgreSQL, and every damage of it",
          "[oracle]") {
    const Source source;
    source.cluster.create_database("warehouse");
    source.cluster.exec(source.warehouse(false), "warehouse");
    CHECK(verdict(*source.log, TargetReader(PgDatabase{source.cluster, "warehouse"})) == "");
    for (const char* damage : damages) {
        source.cluster.exec("CREATE DATABASE damaged TEMPLATE warehouse");
        source.cluster.exec(damage, "damaged");
        INFO(damage);
        CHECK(verdict(*source.log, TargetReader(PgDatabase{source.cluster, "damaged"})) != "");
        source.cluster.drop_database("damaged");
    }
}

TEST_CASE("the judge finds nothing in what was written by hand in DuckDB, and every damage of it",
          "[oracle]") {
    const Source source;
    const TempDir dir("judge");
    duckdb_execute(dir / "shop.duckdb",
                   "SET TimeZone = 'UTC'; CREATE SCHEMA IF NOT EXISTS public;" + source.warehouse(true));
    CHECK(verdict(*source.log, TargetReader(dir / "shop.duckdb")) == "");
    for (const char* damage : damages) {
        std::filesystem::copy_file(dir / "shop.duckdb", dir / "damaged.duckdb",
                                   std::filesystem::copy_options::overwrite_existing);
        duckdb_execute(dir / "damaged.duckdb", damage);
        INFO(damage);
        CHECK(verdict(*source.log, TargetReader(dir / "damaged.duckdb")) != "");
    }
}

TEST_CASE("the judge follows other names, tracked columns and a first version from the beginning",
          "[oracle]") {
    const Source source;
    source.cluster.create_database("warehouse");
    source.cluster.exec(source.warehouse(false), "warehouse");
    source.cluster.exec(
        "ALTER TABLE public.t_history RENAME valid_from TO since; ALTER TABLE public.t_history RENAME "
        "valid_to TO "
        "\"until When\"; ALTER TABLE public.t_history RENAME is_current TO now;"
        "DELETE FROM public.t_history WHERE v = 'a2';"
        "UPDATE public.t_history SET since = '-infinity' WHERE id < 3;"
        "UPDATE public.t_history SET \"until When\" = (SELECT max(_commit_ts) FROM public.t_changes) WHERE "
        "id = 1",
        "warehouse");
    const HistoryTarget history{.name = history_target.name,
                                .track = {"seen"},
                                .valid_from = "since",
                                .valid_to = "until When",
                                .is_current = "now",
                                .from_beginning = true};
    CHECK(verdict(*source.log, TargetReader(PgDatabase{source.cluster, "warehouse"}), history) == "");
    source.cluster.exec("UPDATE public.t_history SET since = now() WHERE id = 1", "warehouse");
    CHECK(verdict(*source.log, TargetReader(PgDatabase{source.cluster, "warehouse"}), history) != "");
}

TEST_CASE("a copy that went by visibility may have seen a commit that lies after the first streamed one",
          "[oracle]") {
    const PgCluster cluster;
    cluster.create_database("shop");
    SourceLog log({cluster, "shop"});
    cluster.exec("CREATE TABLE t (id integer PRIMARY KEY)", "shop");
    for (int id = 1; id <= 50; ++id) cluster.exec(fmt::format("INSERT INTO t VALUES ({})", id), "shop");
    log.read();
    std::set<std::size_t> streamed;
    for (std::size_t i = 2; i < 50; ++i)
        if (i != 3) streamed.insert(i);
    CHECK(seam_of_stream(log, 0, streamed, false) == Seam{{0, 1}});
    CHECK(seam_of_stream(log, 0, streamed, true) == Seam{{0, 1, 3}});
    streamed.erase(49);
    CHECK(seam_of_stream(log, 0, streamed, true) == Seam{{0, 1, 3}});
    CHECK(seam_before(log, log.transactions()[1].end) == Seam{{0, 1}});
    CHECK(rows_at(log, 0, {{0, 1, 3}}).size() == 3);
}
