#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "model/pg_types.h"
#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"
#include "tests/warehouse/load_rows.h"

using namespace walferry;

TEST_CASE("odd names of schema, table and column are taken literally") {
    OpenFile open;
    const TargetName name{open.session->catalog(), "odd \"schema\"", "ta.ble 'x'"};
    const TargetColumn columns[] = {column_of("co\"l;umn", "BIGINT", {Encoding::Int8}),
                                    column_of("select", "VARCHAR", {Encoding::Text})};
    CHECK(open.session->catalog() == "it's a file");
    must(open.session->execute("CREATE SCHEMA \"odd \"\"schema\"\"\"; CREATE TABLE " + to_sql(name) +
                               " (\"co\"\"l;umn\" BIGINT NOT NULL, \"select\" VARCHAR)"));
    auto loader = must(open.session->load(name, columns, LoadFormat::Binary));
    must(loader->append(load_row(columns, {"1", "x"})));
    must(loader->finish());
    CHECK(one(*open.session, "SELECT \"select\" FROM " + to_sql(name)) == "x");
    const auto described = must(open.session->describe_table(name));
    REQUIRE(described);
    REQUIRE(described->size() == 2);
    CHECK(described->at(0).name == "co\"l;umn");
    CHECK(described->at(0).sql_type == "BIGINT");
    CHECK(described->at(0).not_null);
    CHECK_FALSE(described->at(1).not_null);
    CHECK_FALSE(must(open.session->describe_table({"", "main", "absent"})));
}

TEST_CASE("a result comes as the text that DuckDB prints, in its order") {
    OpenFile open;
    const auto result = must(open.session->query(
        "SELECT 1 AS a, NULL AS b, [1, 2] AS c, {'k': 'v'} AS d, 1.50::DECIMAL(5,2) AS a, "
        "TIMESTAMPTZ '2020-01-01 00:00:00+02' AS e, '\\x00A'::BLOB AS f, 'x' AS g -- a comment"));
    CHECK(result.columns == std::vector<std::string>{"a", "b", "c", "d", "a", "e", "f", "g"});
    REQUIRE(result.rows.size() == 1);
    CHECK(joined(result.rows[0]) == "1|NULL|[1, 2]|{'k': v}|1.50|2019-12-31 22:00:00+00|\\x00A|x");

    const auto ordered =
        must(open.session->query("SELECT i::DECIMAL(18,0) FROM range(50000) r(i) ORDER BY i % 7, i DESC;\n"));
    const auto plain = must(open.session->query("SELECT i FROM range(50000) r(i) ORDER BY i % 7, i DESC"));
    CHECK(ordered.rows == plain.rows);

    const std::optional<std::string> parameters[] = {"o'x", std::nullopt};
    const auto echoed =
        must(open.session->query("SELECT $1, $2 IS NULL, $1::VARCHAR || '!', [$1]", parameters));
    CHECK(joined(echoed.rows[0]) == "o'x|true|o'x!|['o\\'x']");
    CHECK(must(open.session->query("CREATE TABLE z (a INTEGER)")).rows.empty());
}

TEST_CASE("modify counts the rows it changed") {
    OpenFile open;
    must(open.session->execute("CREATE TABLE t AS SELECT i FROM range(10) r(i)"));
    CHECK(must(open.session->modify("UPDATE t SET i = 0 WHERE i > 6")) == 3);
    CHECK(must(open.session->modify("DELETE FROM t")) == 10);
}

TEST_CASE("a type's name is normalised to what describe_table says") {
    OpenFile open;
    for (const char* type :
         {"numeric(10,2)", "text", "timestamptz", "timetz", "int8[]", "json", "double precision"}) {
        must(open.session->execute(std::string("CREATE OR REPLACE TABLE t (c ") + type + ")"));
        CHECK(must(open.session->normalise_type(type)) ==
              must(open.session->describe_table({"", "", "t"}))->at(0).sql_type);
    }
    CHECK(open.session->normalise_type("no_such_type").error().kind == ErrorKind::Schema);
}

TEST_CASE("an override is compared in DuckDB's own spelling") {
    OpenFile open;
    SourceColumn column;
    column.name = "c";
    column.type.oid = pg_types::numeric;
    CHECK(must(open.session->map_column(column, "decimal(38, 9)")).sql_type == "DECIMAL(38,9)");
    CHECK(must(open.session->map_column(column, "float8")).sql_type == "DOUBLE");
    CHECK(must(open.session->map_column(column, "text")).sql_type == "VARCHAR");
    CHECK(open.session->map_column(column, "nonsense").error().kind == ErrorKind::Schema);
}

TEST_CASE("errors are told apart by what can be done about them") {
    OpenFile open;
    auto& session = *open.session;
    const auto kind = [&](const std::string& sql) {
        const Status status = session.execute(sql);
        return status ? std::string("no error") : std::string(to_string(status.error().kind));
    };
    must(session.execute(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER CHECK (b > 0)); INSERT INTO t VALUES (1, 1)"));
    CHECK(kind("INSERT INTO t VALUES (1, 1)") == "data");
    CHECK(kind("INSERT INTO t VALUES (2, 0)") == "data");
    CHECK(kind("INSERT INTO t VALUES ('x', 1)") == "data");
    CHECK(kind("SELECT * FROM absent") == "schema");
    CHECK(kind("SELECT absent FROM t") == "schema");
    CHECK(kind("SELEC 1") == "internal");
    CHECK(session.query("SELECT absent FROM t").error().kind == ErrorKind::Schema);
}

TEST_CASE("of two transactions that change the same row the second is told to try again") {
    OpenFile open;
    auto& first = *open.session;
    const auto second = must(open.warehouse->connect());
    must(first.execute("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)"));
    must(first.begin());
    must(second->begin());
    must(first.execute("UPDATE t SET a = 2"));
    CHECK(second->execute("UPDATE t SET a = 3").error().kind == ErrorKind::Serialization);
    second->rollback();
    must(first.commit());
    second->rollback();  // without a transaction it does nothing
    must(second->begin());
    CHECK(must(second->modify("UPDATE t SET a = 3")) == 1);
    must(second->commit());
}

TEST_CASE("a statement that is interrupted from another thread returns an error of kind cancelled") {
    OpenFile open;
    std::atomic<bool> done = false;
    // An interrupt only reaches a statement that runs, so it is repeated.
    std::thread interrupter([&] {
        while (!done) {
            open.session->interrupt();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    });
    const auto result = open.session->query(
        "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE hash(a.range, b.range) = 1");
    done = true;
    interrupter.join();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().kind == ErrorKind::Cancelled);
    CHECK(one(*open.session, "SELECT 1") == "1");
}

TEST_CASE("a file that another process holds is busy, and the message names that process") {
    DuckDbFile file;
    int ready[2];
    int finish[2];
    REQUIRE(pipe(ready) == 0);
    REQUIRE(pipe(finish) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const auto warehouse = open_duckdb_warehouse({.path = file.path()});
        char byte = warehouse ? 'y' : 'n';
        static_cast<void>(!write(ready[1], &byte, 1));
        static_cast<void>(!read(finish[0], &byte, 1));
        _exit(0);
    }
    char opened = 0;
    REQUIRE(read(ready[0], &opened, 1) == 1);
    CHECK(opened == 'y');
    const auto warehouse = open_duckdb_warehouse({.path = file.path()});
    REQUIRE(write(finish[1], "x", 1) == 1);
    waitpid(child, nullptr, 0);
    for (const int descriptor : {ready[0], ready[1], finish[0], finish[1]}) close(descriptor);
    REQUIRE_FALSE(warehouse.has_value());
    CHECK(warehouse.error().kind == ErrorKind::Busy);
    CHECK(warehouse.error().message.find("PID " + std::to_string(child)) != std::string::npos);
}

TEST_CASE("a file that can't be opened says why") {
    DuckDbFile file;
    SECTION("no database") {
        std::ofstream(file.path()) << std::string(20000, 'x');
        CHECK(open_duckdb_warehouse({.path = file.path()}).error().kind == ErrorKind::Schema);
    }
    SECTION("no folder") {
        CHECK(open_duckdb_warehouse({.path = file.path() + "/x"}).error().kind == ErrorKind::Configuration);
    }
    SECTION("a bad setting") {
        const auto opened = open_duckdb_warehouse({.path = file.path(), .memory_limit = "many"});
        CHECK(opened.error().kind == ErrorKind::Configuration);
    }
    SECTION("read only, and absent") {
        CHECK_FALSE(open_duckdb_warehouse({.path = file.path(), .read_only = true}).has_value());
        CHECK_FALSE(std::filesystem::exists(file.path()));
    }
}

TEST_CASE("a read-only warehouse changes nothing and keeps away from files") {
    DuckDbFile file;
    {
        const auto warehouse = must(open_duckdb_warehouse({.path = file.path()}));
        must(must(warehouse->connect())
                 ->execute("CREATE TABLE t AS SELECT TIMESTAMPTZ '2020-01-01 00:00:00+00' AS x"));
    }
    const auto warehouse = must(open_duckdb_warehouse({.path = file.path(), .read_only = true}));
    const auto session = must(warehouse->connect());
    CHECK(one(*session, "SELECT x FROM t") == "2020-01-01 00:00:00+00");
    CHECK(session->execute("INSERT INTO t SELECT * FROM t").error().kind == ErrorKind::Permission);
    CHECK(session->execute("COPY t TO '" + std::filesystem::temp_directory_path().string() + "/x.csv'")
              .error()
              .kind == ErrorKind::Permission);
    CHECK_FALSE(session->execute("SET threads = 1").has_value());
    CHECK_FALSE(session->execute("SET enable_external_access = true").has_value());
}
