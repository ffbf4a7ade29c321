#include <fmt/format.h>

#include <regex>

#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

std::string publications(const Shop& shop) {
    return shop.value("SELECT count(*) FROM pg_publication");
}
std::string slots(const Shop& shop) {
    return shop.value("SELECT count(*) FROM pg_replication_slots");
}

void replace(std::string& text, const std::string& what, const std::string& with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    text.replace(at, what.size(), with);
}

/// `check` answers no, `run` stops for a person; both name `word`, and neither makes a slot.
void check_needs_a_person(Shop& shop, const std::string& word) {
    const Completed checked = shop.ferry->command("check");
    INFO(checked.out << checked.err);
    CHECK(checked.exit == Exit{1, 0});
    CHECK((checked.out + checked.err).find(word) != std::string::npos);
    const Completed refused = shop.ferry->command("run", {}, seconds(5));
    INFO(refused.err);
    CHECK_FALSE(refused.timed_out);
    CHECK(refused.exit == Exit{3, 0});
    CHECK(refused.err.find(word) != std::string::npos);
    CHECK(slots(shop) == "0");
}

}  // namespace

TEST_CASE("a broken configuration is exit 2, one line that says where and what, and nothing is created",
          "[bad-input]") {
    Shop shop(Target::DuckDb);
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY)");
    const std::string good = read_file(shop.ferry->config());
    const std::pair<std::string, std::string> breaks[] = {
        {"pipeline: shop", "pipline: shop"},
        {"pipeline: shop", "pipeline: shop\npipeline: shop"},
        {"pipeline: shop", "pipeline: [a, b]"},
        {"pipeline: shop", "pipeline: \"${NO_SUCH_VARIABLE}\""},
        {"mode: upsert", "mode: upsrt"},
        {"mode: upsert", "mode: upsert\n  - match: \"*.*\"\n    mode: upsert"},
        {"max_rows: 2000", "max_rows: -1"},
        {"max_rows: 2000", "max_rows: many"},
        {"postgresql://", "mysql://"},
        {"memory_limit: 256MiB", "memory_limit: 256 bananas"},
        {"duckdb:", "postgres: { connection: \"postgresql://127.0.0.1/x\" }\n  duckdb:"},
        {"tables:\n  - match: \"*.*\"\n    mode: upsert\n", ""},
        {"warehouse:", "  kafka: { brokers: \"127.0.0.1:9092\" }\nwarehouse:"},
        {"http: { listen: 127.0.0.1", "http: { listen: 0.0.0.0"},
        {"pipeline: shop", "pipeline: shop\n\tbad"},
    };
    for (const auto& [what, with] : breaks) {
        std::string broken = good;
        replace(broken, what, with);
        write_file(shop.ferry->config(), broken);
        for (const char* command : {"run", "check", "status"}) {
            const Completed completed = shop.ferry->command(command, {}, seconds(5));
            INFO(command << " with " << with << "\n" << completed.err);
            CHECK(completed.exit == Exit{2, 0});
            CHECK(completed.out.empty());
            CHECK(std::regex_search(completed.err, std::regex(R"(shop\.yaml:\d+: )")));
        }
    }
    CHECK_FALSE(std::filesystem::exists(shop.ferry->duckdb_path()));
    CHECK(slots(shop) == "0");
    CHECK(publications(shop) == "0");
}

TEST_CASE("usage errors are exit 2", "[bad-input]") {
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                      {"fly"},
                                                      {"run"},
                                                      {"run", "/no/such/file.yaml"},
                                                      {"status", "--yaml"}}) {
        const Completed completed = run_walferry(arguments, seconds(5));
        INFO(fmt::format("{}", fmt::join(arguments, " ")) << "\n" << completed.err);
        CHECK(completed.exit == Exit{2, 0});
        CHECK_FALSE(completed.err.empty());
    }
    CHECK(run_walferry({"--version"}).exit == Exit{});
    CHECK(run_walferry({"--help"}).out.find("run") != std::string::npos);
}

TEST_CASE("what check tells to write is YAML, whatever the columns are called", "[bad-input]") {
    Shop shop(Target::DuckDb);
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY, \"no\" point, \"a: b\" text, \"A: B\" text)");
    const Completed checked = shop.ferry->command("check");
    INFO(checked.out << checked.err);
    CHECK(checked.exit == Exit{1, 0});
    CHECK(checked.out.find(R"(rename_columns: { "A: B": another_name })") != std::string::npos);
    CHECK(checked.out.find(R"(types: { "no": … })") != std::string::npos);
}

TEST_CASE("a source without wal_level=logical needs a person", "[bad-input]") {
    Shop shop(Target::DuckDb, {}, {.settings = {{"wal_level", "replica"}}});
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY)");
    check_needs_a_person(shop, "wal_level");
}

TEST_CASE("a role that may not replicate, or may not read a table, needs a person", "[bad-input]") {
    Shop shop(Target::DuckDb, {.source_user = "poor"});
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY)");
    SECTION("no REPLICATION") {
        shop.sql("CREATE ROLE poor LOGIN; GRANT CREATE ON DATABASE shop TO poor; GRANT SELECT ON t TO poor");
        check_needs_a_person(shop, "REPLICATION");
    }
    SECTION("no SELECT") {
        shop.sql("CREATE ROLE poor LOGIN REPLICATION; CREATE PUBLICATION walferry_shop FOR TABLE t");
        check_needs_a_person(shop, "SELECT");
    }
}

TEST_CASE("check names what the role may not read or publish before a publication exists", "[bad-input]") {
    Shop shop(Target::DuckDb, {.source_user = "poor"});
    shop.sql(
        "CREATE ROLE poor LOGIN REPLICATION; GRANT CREATE ON DATABASE shop TO poor;"
        "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE mine (id integer PRIMARY KEY);"
        "ALTER TABLE mine OWNER TO poor");
    const Completed checked = shop.ferry->command("check");
    const std::string said = checked.out + checked.err;
    INFO(said);
    CHECK(checked.exit == Exit{1, 0});
    CHECK(said.find("GRANT SELECT ON \"public\".\"t\"") != std::string::npos);
    CHECK(said.find("owner") != std::string::npos);
    CHECK(said.find("mine") == std::string::npos);
}

TEST_CASE("a source without a free slot is reported by check, and a run gets going once there is one",
          "[bad-input]") {
    Shop shop(Target::DuckDb, {}, {.settings = {{"max_replication_slots", "1"}}});
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY); SELECT pg_create_physical_replication_slot('taken')");
    const Completed checked = shop.ferry->command("check");
    INFO(checked.out << checked.err);
    CHECK(checked.exit == Exit{1, 0});
    CHECK((checked.out + checked.err).find("max_replication_slots") != std::string::npos);
    shop.ferry->start();
    const bool ended = shop.ferry->process().wait(seconds(3)).has_value();
    INFO(shop.ferry->log_tail());
    CHECK_FALSE(ended);
    shop.sql("SELECT pg_drop_replication_slot('taken')");
    CHECK(shop.ferry->all_tables_are("streaming", seconds(60)));
    CHECK(shop.ferry->stop() == Exit{0, 0});
}

TEST_CASE("a table without usable identity that is named outright needs a person", "[bad-input]") {
    Shop shop(Target::DuckDb, {.tables = "  - match: public.keyless\n    mode: upsert\n"});
    shop.sql("CREATE TABLE keyless (v integer)");
    check_needs_a_person(shop, "keyless");
    CHECK(publications(shop) == "0");
}

TEST_CASE("colliding names need a person", "[bad-input]") {
    Shop shop(Target::DuckDb);
    SECTION("a column like one of ours") {
        shop.sql("CREATE TABLE t (id integer PRIMARY KEY, _walferry_lsn text)");
        check_needs_a_person(shop, "rename_columns");
    }
    SECTION("columns that DuckDB can't tell apart") {
        shop.sql("CREATE TABLE t (id integer PRIMARY KEY, \"Name\" text, name text)");
        check_needs_a_person(shop, "rename_columns");
    }
    SECTION("tables that DuckDB can't tell apart") {
        shop.sql("CREATE TABLE foo (id integer PRIMARY KEY); CREATE TABLE \"Foo\" (id integer PRIMARY KEY)");
        check_needs_a_person(shop, "table:");
    }
}

TEST_CASE("a side out of reach is exit 4 from check, and only a wait for run", "[bad-input]") {
    PgCluster warehouse;
    warehouse.create_database("warehouse");
    Shop shop(Target::DuckDb, {.warehouse = PgDatabase{warehouse, "warehouse"}});
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1)");
    PgCluster* down = GENERATE(false, true) ? &warehouse : &shop.source;
    down->stop();
    const Completed checked = shop.ferry->command("check");
    INFO(checked.out << checked.err);
    CHECK(checked.exit == Exit{4, 0});
    shop.ferry->start();
    const bool ended = shop.ferry->process().wait(seconds(3)).has_value();
    INFO(shop.ferry->log_tail());
    CHECK_FALSE(ended);
    down->start();
    CHECK(shop.ferry->all_tables_are("streaming", seconds(60)));
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a warehouse that refuses to write is reported by check", "[bad-input]") {
    Shop shop(Target::Postgres);
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY)");
    shop.source.exec("ALTER DATABASE warehouse SET default_transaction_read_only = on");
    const Completed checked = shop.ferry->command("check");
    INFO(checked.out << checked.err);
    CHECK(checked.exit == Exit{1, 0});
    CHECK(slots(shop) == "0");
}

TEST_CASE("a disk that is full under DuckDB loses nothing", "[bad-input]") {
    Shop shop(Target::DuckDb);
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (0, 'first')");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.sql("INSERT INTO t SELECT g, md5(g::text) || md5((g + 1)::text) FROM generate_series(1, 200000) g");
    {
        Process limited({.command = {walferry_binary(), "run", shop.ferry->config()},
                         .output = shop.ferry->dir() / "limited.log",
                         .file_bytes_max = 4u << 20});
        limited.wait(seconds(8));
    }
    INFO(read_file(shop.ferry->dir() / "limited.log"));
    const Completed completed = shop.ferry->catch_up();
    INFO(completed.err);
    REQUIRE(completed.exit == Exit{});
    CHECK(shop.ferry->differences() == "");
}
