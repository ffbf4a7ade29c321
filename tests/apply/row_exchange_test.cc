#include "apply/row_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/apply/plans.h"
#include "tests/support/catch.h"
#include "tests/support/pg_cluster.h"
#include "tests/warehouse/duckdb_session.h"
#include "warehouse/lsn_literal.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry {

using namespace testing;

namespace {

PgCluster& cluster() {
    static PgCluster instance;
    return instance;
}

using Lines = std::vector<std::string>;

constexpr const char* from_table = "source_rows";
constexpr const char* keys_table = "asked_keys";

PlanSpec spec_of(WarehouseKind kind, bool keyed = true) {
    PlanSpec spec;
    spec.columns = {{"n", pg_types::numeric, Encoding::Numeric, "DECIMAL(18,4)", "numeric"},
                    int_column("id"),
                    double_column("x"),
                    text_column("a \"b"),
                    {"doc", pg_types::json, Encoding::Text, "JSON", "json"}};
    if (keyed) spec.key = {"id", "a \"b"};
    if (!keyed) spec.identity = ReplicaIdentity::Full;
    spec.kind = kind;
    spec.metadata = true;
    return spec;
}

/// A warehouse with a target of that plan, and the tables that its statements read.
class Bench {
 public:
    explicit Bench(PlanSpec spec) : kind_(spec.kind) {
        if (kind_ == WarehouseKind::DuckDb) {
            file_ = std::make_unique<OpenFile>();
            session_ = must(file_->warehouse->connect());
        } else {
            warehouse_ = make_postgres_warehouse({.connection = cluster().conninfo()});
            session_ = must(warehouse_->connect());
            exec("DROP SCHEMA IF EXISTS main CASCADE; CREATE SCHEMA main; SET search_path = main");
        }
        spec.target = {session_->catalog(), "main", "t"};
        plan = plan_of(spec);
        exec(create_table_sql(plan));
        for (const KeyIndex& index : key_indexes(plan)) exec(index.sql);
        std::string data, keys;
        for (std::size_t i = 0; i < plan.data_count(); ++i) {
            const std::string column = quoted(i) + " " + plan.columns[i].sql_type;
            data += (i == 0 ? "" : ", ") + column;
            if (i < plan.key_count) keys += (i == 0 ? "" : ", ") + column;
        }
        exec(fmt::format("CREATE TABLE {} ({})", from_table, data));
        if (!keys.empty()) exec(fmt::format("CREATE TABLE {} ({})", keys_table, keys));
    }

    void exec(const std::string& sql) { must(session_->execute(sql)); }
    void exchange(const std::vector<std::string>& statements) {
        must(session_->begin());
        for (const std::string& sql : statements) exec(sql);
        must(session_->commit());
    }
    Lines rows(const std::string& sql) {
        Lines lines;
        for (const auto& row : must(session_->query(sql)).rows) lines.push_back(joined(row));
        std::sort(lines.begin(), lines.end());
        return lines;
    }
    std::string lsn(std::uint64_t value) const { return lsn_literal(kind_, Lsn{value}); }
    /// Columns as text that is the same in both warehouses.
    static std::string text_of_row() {
        return "id, \"a \"\"b\", CAST(n AS integer), CASE WHEN x = 0 THEN replace(replace(CAST(x AS text), "
               "'.0', ''), '-', 'minus ') ELSE lower(CAST(x AS text)) END, doc";
    }
    std::string quoted(std::size_t i) const {
        return plan.columns[i].name == "a \"b" ? "\"a \"\"b\"" : plan.columns[i].name;
    }

    TablePlan plan;

 private:
    WarehouseKind kind_;
    std::unique_ptr<OpenFile> file_;
    std::unique_ptr<Warehouse> warehouse_;
    std::unique_ptr<WarehouseSession> session_;
};

using Key = std::pair<int, std::string>;

struct Values {
    std::string n = "NULL", x = "NULL", doc = "NULL";

    bool operator==(const Values&) const = default;
    /// In the order of the columns: id, a, n, x, doc.
    std::string sql(const Key& key) const {
        const auto quote = [](const std::string& value) {
            return value == "NULL" ? value : "'" + value + "'";
        };
        return fmt::format("{}, '{}', {}, {}, {}", key.first, key.second, quote(n), quote(x), quote(doc));
    }
    std::string line(const Key& key) const {
        const std::string number = x == "-0" ? "minus 0" : x == "NaN" ? "nan" : x;
        return fmt::format("{}|{}|{}|{}|{}", key.first, key.second, n, number, doc);
    }
};

struct Held {
    Values values;
    bool deleted = false;
    bool touched = false;
};

/// What the target has, what the source has, and which keys are asked for.
struct Scene {
    explicit Scene(std::mt19937& random, bool marks) {
        for (int id = 0; id < 6; ++id) {
            for (const char* a : {"a", "it''s"}) {
                const Key key{id, a};
                if (random() % 3 != 0) target[key] = {random_values(random), marks && random() % 3 == 0};
                if (random() % 3 != 0) source[key] = random_values(random);
                if (target.contains(key) && source.contains(key) && random() % 2 == 0)
                    source[key] = target[key].values;
                if (random() % 2 == 0) asked.insert(key);
            }
        }
    }

    static Values random_values(std::mt19937& random) {
        const char* const numbers[] = {"NULL", "1", "2"};
        const char* const doubles[] = {"NULL", "0", "-0", "NaN"};
        const char* const documents[] = {"NULL", R"({"a":1})", R"({"a": 1})"};
        return {numbers[random() % 3], doubles[random() % 4], documents[random() % 3]};
    }

    void put(Bench& bench) const {
        bench.exec(fmt::format("DELETE FROM main.t; DELETE FROM {}; DELETE FROM {}", from_table, keys_table));
        for (const auto& [key, held] : target) {
            std::string own = bench.plan.marks_deleted() ? fmt::format(", {}", held.deleted) : "";
            bench.exec(fmt::format("INSERT INTO main.t ({}) SELECT {}{}, {}, now()", columns(bench, true),
                                   held.values.sql(key), own, bench.lsn(7)));
        }
        for (const auto& [key, values] : source)
            bench.exec(fmt::format("INSERT INTO {} ({}) VALUES ({})", from_table, columns(bench, false),
                                   values.sql(key)));
        for (const Key& key : asked) {
            const std::string row = fmt::format("({}, '{}')", key.first, key.second);
            bench.exec(fmt::format("INSERT INTO {} VALUES {}, {}", keys_table, row, row));
        }
    }

    static std::string columns(const Bench& bench, bool own) {
        std::string list = "id, \"a \"\"b\", n, x, doc";
        if (!own) return list;
        for (std::size_t i = bench.plan.data_count(); i < bench.plan.columns.size(); ++i)
            list += ", " + bench.plan.columns[i].name;
        return list;
    }

    /// What has to be changed, of the keys asked for or of all; changed in `target`.
    std::set<Key> settle(OnDelete on_delete, bool asked_only) {
        std::set<Key> changed, keys;
        for (const auto& [key, held] : target) keys.insert(key);
        for (const auto& [key, values] : source) keys.insert(key);
        for (const Key& key : keys) {
            if (asked_only && !asked.contains(key)) continue;
            const auto wanted = source.find(key);
            const auto there = target.find(key);
            if (wanted != source.end()) {
                const bool same =
                    there != target.end() && !there->second.deleted && there->second.values == wanted->second;
                if (same) continue;
                target[key] = {wanted->second, false, true};
            } else if (on_delete == OnDelete::Hard) {
                target.erase(key);
            } else if (on_delete == OnDelete::Soft && !there->second.deleted) {
                there->second.deleted = there->second.touched = true;
            } else {
                continue;
            }
            changed.insert(key);
        }
        return changed;
    }

    static Lines lines(const std::set<Key>& keys) {
        Lines lines;
        for (const Key& key : keys)
            lines.push_back(fmt::format("{}|{}", key.first, key.second == "a" ? "a" : "it's"));
        std::sort(lines.begin(), lines.end());
        return lines;
    }

    std::map<Key, Held> target;
    std::map<Key, Values> source;
    std::set<Key> asked;
};

WarehouseKind each_kind() {
    const WarehouseKind kind = GENERATE(WarehouseKind::DuckDb, WarehouseKind::Postgres);
    UNSCOPED_INFO((kind == WarehouseKind::DuckDb ? "DuckDB" : "PostgreSQL"));
    return kind;
}

std::string unquoted(std::string line) {
    if (const auto at = line.find("''"); at != std::string::npos) line.erase(at, 1);
    return line;
}

constexpr const char* key_columns = "id, \"a \"\"b\"";

}  // namespace

TEST_CASE("an exchange leaves what the source has, and touches nothing that it had already") {
    const WarehouseKind kind = each_kind();
    const OnDelete on_delete = GENERATE(OnDelete::Hard, OnDelete::Soft, OnDelete::Ignore);
    const bool asked_only = GENERATE(false, true);
    CAPTURE(on_delete, asked_only);
    PlanSpec spec = spec_of(kind);
    spec.on_delete = on_delete;
    Bench bench(spec);
    std::mt19937 random(static_cast<unsigned>(on_delete) * 2 + asked_only);
    for (int round = 0; round < 12; ++round) {
        CAPTURE(round);
        Scene scene(random, on_delete == OnDelete::Soft);
        scene.put(bench);
        Scene all = scene;
        const Lines differing = Scene::lines(all.settle(on_delete, false));
        CHECK(bench.rows(differing_keys_sql(bench.plan, from_table)) == differing);
        scene.settle(on_delete, asked_only);
        bench.exchange(exchange_rows_sql(bench.plan, from_table, asked_only ? keys_table : "", Lsn{9}));
        Lines expected;
        for (const auto& [key, held] : scene.target) {
            expected.push_back(unquoted(
                fmt::format("{}|{}{}", held.values.line(key), held.touched ? "new" : "old",
                            on_delete == OnDelete::Soft ? (held.deleted ? "|deleted" : "|there") : "")));
        }
        std::sort(expected.begin(), expected.end());
        REQUIRE(
            bench.rows(fmt::format(
                "SELECT {}, CASE WHEN _walferry_lsn = {} THEN 'new' WHEN _walferry_lsn = {} THEN 'old' "
                "END{} FROM main.t",
                Bench::text_of_row(), bench.lsn(9), bench.lsn(7),
                on_delete == OnDelete::Soft ? ", CASE WHEN _walferry_deleted THEN 'deleted' ELSE 'there' END"
                                            : "")) == expected);
        if (!asked_only) CHECK(bench.rows(differing_keys_sql(bench.plan, from_table)) == Lines{});
    }
}

TEST_CASE("a history ends and begins versions of the keys asked for, and of those that differ only") {
    const WarehouseKind kind = each_kind();
    const bool asked_only = GENERATE(false, true);
    const bool tracks_some = GENERATE(false, true);
    CAPTURE(asked_only, tracks_some);
    PlanSpec spec = spec_of(kind);
    spec.mode.mode = TableMode::Scd2;
    if (tracks_some) spec.mode.track = {"n", "doc"};
    Bench bench(spec);
    std::mt19937 random(static_cast<unsigned>(asked_only) * 2 + tracks_some);
    for (int round = 0; round < 10; ++round) {
        CAPTURE(round);
        Scene scene(random, false);
        bench.exec(fmt::format("DELETE FROM main.t; DELETE FROM {}; DELETE FROM {}", from_table, keys_table));
        Scene rows = scene;
        rows.target.clear();
        rows.put(bench);
        for (const auto& [key, held] : scene.target)
            bench.exec(
                fmt::format("INSERT INTO main.t ({}) SELECT {}, '2000-01-01 00:00:01+00', NULL, true, "
                            "{}",
                            Scene::columns(bench, true), held.values.sql(key), bench.lsn(7)));
        if (tracks_some) {
            // What is not tracked is no difference.
            for (auto& [key, held] : scene.target)
                if (scene.source.contains(key)) held.values.x = scene.source[key].x;
        }
        Scene all = scene;
        CHECK(bench.rows(differing_keys_sql(bench.plan, from_table)) ==
              Scene::lines(all.settle(OnDelete::Hard, false)));
        const auto before = scene.target;
        const std::set<Key> changed = scene.settle(OnDelete::Hard, asked_only);
        bench.exchange(
            merge_history_sql(bench.plan, from_table, asked_only ? keys_table : "", 2'000'000, Lsn{9}));
        Lines ended, begun, kept;
        for (const auto& [key, held] : before)
            (changed.contains(key) ? ended : kept)
                .push_back(unquoted(fmt::format("{}|{}", key.first, key.second)));
        for (const Key& key : changed)
            if (scene.target.contains(key)) begun.push_back(unquoted(scene.target[key].values.line(key)));
        for (Lines* lines : {&ended, &begun, &kept}) std::sort(lines->begin(), lines->end());
        const std::string select = fmt::format("SELECT {} FROM main.t WHERE ", key_columns);
        const std::string second_2 = "CAST('2000-01-01 00:00:02+00' AS timestamptz)";
        CHECK(bench.rows(select + "NOT is_current AND valid_to = " + second_2) == ended);
        CHECK(bench.rows(select + "is_current AND valid_to IS NULL AND _walferry_lsn = " + bench.lsn(7)) ==
              kept);
        CHECK(bench.rows(fmt::format("SELECT {} FROM main.t WHERE is_current AND valid_to IS NULL AND "
                                     "valid_from = {} AND _walferry_lsn = {}",
                                     Bench::text_of_row(), second_2, bench.lsn(9))) == begun);
        CHECK(bench.rows("SELECT count(*) FROM main.t") ==
              Lines{std::to_string(ended.size() + kept.size() + begun.size())});
    }
}

TEST_CASE("a log takes the source's rows, all or those asked for, as read at that position") {
    PlanSpec spec = spec_of(each_kind());
    spec.mode.mode = TableMode::Append;
    Bench bench(spec);
    bench.exec(
        fmt::format("INSERT INTO {} ({}) VALUES (1, 'a', NULL, '-0', NULL), (2, 'a', '1', NULL, '{{}}')",
                    from_table, Scene::columns(bench, false)));
    bench.exec(fmt::format("INSERT INTO {} VALUES (2, 'a'), (3, 'a')", keys_table));
    const std::string select = fmt::format(
        "SELECT _op, {} FROM main.t WHERE _lsn = {} AND _seq IS NULL AND _xid IS NULL AND _old_key IS NULL "
        "AND "
        "_unchanged IS NULL AND _commit_ts = CAST('2000-01-01 00:00:02+00' AS timestamptz)",
        Bench::text_of_row(), bench.lsn(9));
    bench.exchange(add_log_rows_sql(bench.plan, from_table, keys_table, 2'000'000, Lsn{9}));
    CHECK(bench.rows(select) == Lines{"r|2|a|1|NULL|{}"});
    bench.exchange(add_log_rows_sql(bench.plan, from_table, "", 2'000'000, Lsn{9}));
    CHECK(bench.rows(select) == Lines{"r|1|a|NULL|minus 0|NULL", "r|2|a|1|NULL|{}", "r|2|a|1|NULL|{}"});
    CHECK(differing_keys_sql(bench.plan, from_table).empty());
}

TEST_CASE("a target without key becomes the same multiset") {
    Bench bench(spec_of(each_kind(), false));
    bench.exec("INSERT INTO main.t (id, n) VALUES (1, 1), (1, 1), (2, NULL)");
    bench.exec(fmt::format("INSERT INTO {} (id, n) VALUES (2, NULL), (2, NULL), (3, 1)", from_table));
    bench.exchange(exchange_rows_sql(bench.plan, from_table, "", Lsn{9}));
    CHECK(bench.rows("SELECT id, CAST(n AS integer) FROM main.t WHERE _walferry_lsn = " + bench.lsn(9)) ==
          Lines{"2|NULL", "2|NULL", "3|1"});
    CHECK(bench.rows("SELECT count(*) FROM main.t") == Lines{"3"});
    CHECK(differing_keys_sql(bench.plan, from_table).empty());
}

TEST_CASE("rows of a DuckDB target that were given the same key become one") {
    Bench bench(spec_of(WarehouseKind::DuckDb));
    const std::string row = "(1, 'a', 1), (1, 'a', 1), (2, 'a', 1), (2, 'a', 2), (3, 'a', 1)";
    bench.exec("INSERT INTO main.t (id, \"a \"\"b\", n) VALUES " + row);
    bench.exec(fmt::format("INSERT INTO {} (id, \"a \"\"b\", n) VALUES (1, 'a', 1), (2, 'a', 2), (3, 'a', 1)",
                           from_table));
    CHECK(bench.rows(differing_keys_sql(bench.plan, from_table)) == Lines{"1|a", "2|a"});
    bench.exchange(exchange_rows_sql(bench.plan, from_table, "", Lsn{9}));
    CHECK(bench.rows("SELECT id, CAST(n AS integer) FROM main.t") == Lines{"1|1", "2|2", "3|1"});
    CHECK(bench.rows(differing_keys_sql(bench.plan, from_table)) == Lines{});
}

TEST_CASE("a column that the source has dropped is no difference, and goes with a row that changes") {
    Bench bench(spec_of(each_kind()));
    bench.exec(
        "INSERT INTO main.t (id, \"a \"\"b\", n, doc) VALUES (1, 'a', 1, '\"kept\"'), (2, 'a', 1, "
        "'\"gone\"')");
    bench.exec(
        fmt::format("INSERT INTO {} (id, \"a \"\"b\", n) VALUES (1, 'a', 1), (2, 'a', 2)", from_table));
    bench.plan.source.columns[4].dropped = true;
    CHECK(bench.rows(differing_keys_sql(bench.plan, from_table)) == Lines{"2|a"});
    bench.exchange(exchange_rows_sql(bench.plan, from_table, "", Lsn{9}));
    CHECK(bench.rows("SELECT id, doc FROM main.t") == Lines{"1|\"kept\"", "2|NULL"});
}

TEST_CASE("rows that views and references of the warehouse's users lean on are updated in place") {
    Bench bench(spec_of(WarehouseKind::Postgres));
    bench.exec(
        "INSERT INTO main.t (id, \"a \"\"b\", n) VALUES (1, 'a', 1), (2, 'a', 1);"
        "CREATE TABLE main.notes (id integer, a text, FOREIGN KEY (id, a) REFERENCES main.t);"
        "INSERT INTO main.notes VALUES (1, 'a'); CREATE VIEW main.v AS SELECT n FROM main.t");
    bench.exec(fmt::format("INSERT INTO {} (id, \"a \"\"b\", n) VALUES (1, 'a', 5)", from_table));
    bench.exchange(exchange_rows_sql(bench.plan, from_table, "", Lsn{9}));
    CHECK(bench.rows("SELECT n FROM main.v") == Lines{"5"});
}

}  // namespace walferry
