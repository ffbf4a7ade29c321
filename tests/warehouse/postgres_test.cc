#include "warehouse/postgres/postgres_warehouse.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "model/byte_order.h"
#include "tests/support/catch.h"
#include "tests/warehouse/postgres_stand.h"

namespace walferry {
namespace {

using testing::cluster;
using testing::connect;

void run(WarehouseSession& session, const std::string& sql) {
    const Status status = session.execute(sql);
    if (!status) FAIL(describe(status.error()));
}

/// A fresh table t of the given columns.
void make_table(const std::string& columns) {
    cluster().exec("DROP TABLE IF EXISTS public.t; CREATE TABLE public.t (" + columns + ")");
}

const TargetName target{.catalog = "", .schema = "public", .table = "t"};

TargetColumn column(std::string name, std::string type, Encoding encoding) {
    return {
        .name = std::move(name), .sql_type = std::move(type), .encoding = {.kind = encoding}, .weaker = {}};
}

const std::vector<TargetColumn> id_and_text = {column("id", "integer", Encoding::Int4),
                                               column("v", "text", Encoding::Text)};

void add_field(std::string& row, std::optional<std::string_view> bytes) {
    char length[4];
    store_big_endian(length, bytes ? static_cast<std::int32_t>(bytes->size()) : null_length);
    row.append(length, sizeof length);
    if (bytes) row.append(*bytes);
}

std::string binary_row(std::int32_t id, std::optional<std::string_view> text) {
    char number[4];
    store_big_endian(number, id);
    std::string row;
    add_field(row, std::string_view(number, sizeof number));
    add_field(row, text);
    return row;
}

Status load(WarehouseSession& session, const std::vector<std::string>& rows, LoadFormat format) {
    WALFERRY_TRY(loader, session.load(target, id_and_text, format));
    for (const std::string& row : rows) {
        WALFERRY_TRYV(loader->append(row));
    }
    return loader->finish();
}

std::string backend(WarehouseSession& session) {
    return *session.query("SELECT pg_backend_pid()").value().rows[0][0];
}

/// Waits until the backend waits for a lock, or sleeps.
void wait_until_waiting(const std::string& pid) {
    for (int i = 0; i < 500; ++i) {
        if (cluster().value(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event IS NOT NULL "
                "AND pid = " +
                pid) == "1")
            return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL("the backend never waited");
}

}  // namespace

TEST_CASE("sessions have the settings that text forms and durability rest on, and keep them") {
    const auto session = connect();
    run(*session, "RESET ALL");
    const auto setting = [&](const std::string& name) {
        return *session->query("SELECT current_setting($1)", std::vector<std::optional<std::string>>{name})
                    .value()
                    .rows[0][0];
    };
    CHECK(setting("synchronous_commit") == "on");
    CHECK(setting("timezone") == "UTC");
    CHECK(setting("lock_timeout") == "1min");
    CHECK(setting("statement_timeout") == "0");
    CHECK(setting("client_encoding") == "UTF8");
    CHECK(setting("application_name") == "walferry");
    CHECK(setting("lc_monetary") == "C");
}

TEST_CASE("a URL and the user's own options are honoured, but not against ours") {
    const std::string url =
        cluster().url() + "?application_name=mine&options=-c%20work_mem%3D8MB%20-c%20timezone%3DAsia%2FTokyo";
    const auto session = make_postgres_warehouse({.connection = url, .read_only = false})->connect();
    REQUIRE(session.has_value());
    const auto row = session.value()
                         ->query(
                             "SELECT current_setting('work_mem'), current_setting('timezone'), "
                             "current_setting('application_name')")
                         .value()
                         .rows[0];
    CHECK(*row[0] == "8MB");
    CHECK(*row[1] == "UTC");
    CHECK(*row[2] == "mine");
}

TEST_CASE("a refused connection says what kind of refusal it was") {
    const auto kind_of = [](const std::string& connection) {
        const auto session =
            make_postgres_warehouse({.connection = connection, .read_only = false})->connect();
        REQUIRE(!session.has_value());
        return session.error().kind;
    };
    CHECK(kind_of("host=127.0.0.1 port=1") == ErrorKind::Connection);
    CHECK(kind_of("nonsense") == ErrorKind::Configuration);
    CHECK(kind_of(cluster().conninfo("no_such_database")) == ErrorKind::Schema);
    CHECK(kind_of(cluster().conninfo("postgres", "no_such_role")) == ErrorKind::Permission);
}

TEST_CASE("parameters are sent apart from the statement, and NULL is told from the empty text") {
    const auto session = connect();
    const std::optional<std::string> parameters[] = {std::string("it's; DROP"), std::nullopt, std::string()};
    const auto result = session->query("SELECT $1::text AS a, $2::text, $3::text", parameters).value();
    CHECK(result.columns[0] == "a");
    CHECK(result.rows[0][0] == "it's; DROP");
    CHECK(result.rows[0][1] == std::nullopt);
    CHECK(result.rows[0][2] == "");
}

TEST_CASE("modify gives the number of changed rows, and rollback takes them back") {
    make_table("id int PRIMARY KEY, v text");
    const auto session = connect();
    session->rollback();
    REQUIRE(session->begin().has_value());
    CHECK(session->modify("INSERT INTO t SELECT generate_series(1, 7)").value() == 7);
    CHECK(session->modify("DELETE FROM t WHERE id < 3").value() == 2);
    session->rollback();
    CHECK(cluster().value("SELECT count(*) FROM t") == "0");
}

TEST_CASE("committing a failed transaction is an error and not a silent rollback") {
    const auto session = connect();
    REQUIRE(session->begin().has_value());
    CHECK(session->execute("SELECT 1/0").error().kind == ErrorKind::Data);
    const Status status = session->commit();
    REQUIRE(!status.has_value());
    CHECK(status.error().sqlstate == "25P02");
    REQUIRE(session->begin().has_value());
    REQUIRE(session->commit().has_value());
}

TEST_CASE("both load formats bring every byte of a text and NULL") {
    make_table("id int PRIMARY KEY, v text");
    const auto session = connect();
    const std::string awkward = "tab\t nl\n cr\r bs\b ff\f vt\v backslash\\ \\N \\. é \x01 '\"";
    const std::string large(700'000, 'x');
    std::string text_row, null_row;
    add_field(text_row, "3");
    add_field(text_row, awkward);
    add_field(null_row, "4");
    add_field(null_row, std::nullopt);
    std::string marker_row, empty_row;
    add_field(marker_row, "5");
    add_field(marker_row, "\\.");
    add_field(empty_row, "6");
    add_field(empty_row, "");
    REQUIRE(session->begin().has_value());
    REQUIRE(load(*session, {binary_row(1, awkward), binary_row(2, std::nullopt), binary_row(7, large)},
                 LoadFormat::Binary)
                .has_value());
    REQUIRE(load(*session, {text_row, null_row, marker_row, empty_row}, LoadFormat::Text).has_value());
    REQUIRE(load(*session, {}, LoadFormat::Binary).has_value());
    REQUIRE(session->commit().has_value());
    const auto rows = session->query("SELECT v FROM t ORDER BY id").value().rows;
    REQUIRE(rows.size() == 7);
    CHECK(rows[0][0] == awkward);
    CHECK(rows[1][0] == std::nullopt);
    CHECK(rows[2][0] == awkward);
    CHECK(rows[3][0] == std::nullopt);
    CHECK(rows[4][0] == "\\.");
    CHECK(rows[5][0] == "");
    CHECK(rows[6][0] == large);
}

TEST_CASE("a row that breaks a constraint is an error of kind Data that names the line") {
    make_table("id int PRIMARY KEY, v text");
    const auto session = connect();
    REQUIRE(session->begin().has_value());
    const Status status = load(*session, {binary_row(1, "a"), binary_row(1, "b")}, LoadFormat::Binary);
    REQUIRE(!status.has_value());
    CHECK(status.error().kind == ErrorKind::Data);
    CHECK(status.error().sqlstate == "23505");
    CHECK_THAT(status.error().message, CONTAINS_TEXT("COPY t, line 2"));
    CHECK_THAT(status.error().message, CONTAINS_TEXT("(id)=(1)"));
    session->rollback();
    REQUIRE(session->begin().has_value());
    REQUIRE(load(*session, {binary_row(1, "a")}, LoadFormat::Binary).has_value());
    REQUIRE(session->commit().has_value());
}

TEST_CASE("a value that the type refuses is an error of kind Data that names the column") {
    make_table("id int PRIMARY KEY, v text");
    const auto session = connect();
    REQUIRE(session->begin().has_value());
    const Status status = load(*session, {binary_row(1, "\xff\xfe")}, LoadFormat::Binary);
    CHECK(status.error().kind == ErrorKind::Data);
    CHECK_THAT(status.error().message, CONTAINS_TEXT("column v"));
}

TEST_CASE("an abandoned load leaves a transaction that can only be rolled back, and then a session of use") {
    make_table("id int PRIMARY KEY, v text");
    const auto session = connect();
    REQUIRE(session->begin().has_value());
    {
        auto loader = session->load(target, id_and_text, LoadFormat::Binary);
        REQUIRE(loader.value()->append(binary_row(1, "a")).has_value());
    }
    CHECK(!session->commit().has_value());
    session->rollback();
    CHECK(session->query("SELECT count(*) FROM t").value().rows[0][0] == "0");
}

TEST_CASE("a load into a table that is not there is an error of kind Schema") {
    cluster().exec("DROP TABLE IF EXISTS t");
    const auto session = connect();
    REQUIRE(session->begin().has_value());
    CHECK(load(*session, {}, LoadFormat::Binary).error().kind == ErrorKind::Schema);
}

TEST_CASE("a backend that is terminated during a load is an error of kind Connection") {
    make_table("id int PRIMARY KEY, v text");
    const auto session = connect();
    const std::string pid = backend(*session);
    REQUIRE(session->begin().has_value());
    auto loader = session->load(target, id_and_text, LoadFormat::Binary);
    REQUIRE(loader.has_value());
    REQUIRE(loader.value()->append(binary_row(1, "a")).has_value());
    cluster().exec("SELECT pg_terminate_backend(" + pid + ", 5000)");
    Status status = success();
    const std::string large(100'000, 'x');
    for (int i = 0; i < 20 && status.has_value(); ++i)
        status = loader.value()->append(binary_row(i + 2, large));
    if (status.has_value()) status = loader.value()->finish();
    REQUIRE(!status.has_value());
    CHECK(status.error().kind == ErrorKind::Connection);
    loader.value().reset();
    session->rollback();
    CHECK(session->begin().error().kind == ErrorKind::Connection);
}

TEST_CASE("a lock that is not granted in time is an error of kind Busy") {
    make_table("id int PRIMARY KEY, v text");
    const auto holder = connect();
    REQUIRE(holder->begin().has_value());
    run(*holder, "LOCK TABLE t");
    const auto session = connect();
    REQUIRE(session->begin().has_value());
    run(*session, "SET LOCAL lock_timeout = '50ms'");
    CHECK(session->modify("DELETE FROM t").error().kind == ErrorKind::Busy);
}

TEST_CASE("a deadlock is an error of kind Serialization") {
    make_table("id int PRIMARY KEY, v text");
    cluster().exec("INSERT INTO t VALUES (1), (2)");
    const auto first = connect(), second = connect();
    for (const auto& session : {first.get(), second.get()}) REQUIRE(session->begin().has_value());
    REQUIRE(first->modify("UPDATE t SET v = 'a' WHERE id = 1").has_value());
    REQUIRE(second->modify("UPDATE t SET v = 'b' WHERE id = 2").has_value());
    const std::string pid = backend(*first);
    std::optional<Error> crossed;
    std::thread waiting([&] {
        if (const auto status = first->modify("UPDATE t SET v = 'a' WHERE id = 2"); !status)
            crossed = status.error();
    });
    wait_until_waiting(pid);
    if (const auto status = second->modify("UPDATE t SET v = 'b' WHERE id = 1"); !status)
        crossed = status.error();
    second->rollback();
    waiting.join();
    REQUIRE(crossed.has_value());
    CHECK(crossed->kind == ErrorKind::Serialization);
}

TEST_CASE("a read-only session can't be talked into writing") {
    make_table("id int PRIMARY KEY, v text");
    const auto session = connect(true);
    const auto refused = session->query("INSERT INTO t VALUES (1)");
    CHECK(refused.error().kind == ErrorKind::Permission);
    CHECK(!refused.error().way_out.empty());
    (void)session->query("SELECT set_config('default_transaction_read_only', 'off', false)");
    (void)session->query("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE");
    (void)session->query("COMMIT");
    CHECK(session->query("INSERT INTO t VALUES (1)").error().kind == ErrorKind::Permission);
    CHECK(session->query("SELECT 1").value().rows[0][0] == "1");
}

TEST_CASE("interrupt makes a waiting statement return, and the session is over") {
    const auto session = connect();
    const std::string pid = backend(*session);
    std::optional<ErrorKind> kind;
    std::thread waiting([&] {
        if (const Status status = session->execute("SELECT pg_sleep(600)"); !status)
            kind = status.error().kind;
    });
    wait_until_waiting(pid);
    session->interrupt();
    waiting.join();
    CHECK(kind == ErrorKind::Cancelled);
    CHECK(session->begin().error().kind == ErrorKind::Cancelled);
    CHECK(session->query("SELECT 1").error().kind == ErrorKind::Cancelled);
}

TEST_CASE("interrupt ends a load whose server does not take the rows") {
    make_table("id int PRIMARY KEY, v text");
    cluster().exec(
        "CREATE OR REPLACE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN PERFORM pg_sleep(600); RETURN NEW; END$$;"
        "CREATE TRIGGER stall BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION stall()");
    const auto session = connect();
    const std::string pid = backend(*session);
    std::optional<ErrorKind> kind;
    std::thread waiting([&] {
        const std::vector<std::string> rows(60, binary_row(1, std::string(1 << 20, 'x')));
        (void)session->begin();
        if (const Status status = load(*session, rows, LoadFormat::Binary); !status)
            kind = status.error().kind;
    });
    wait_until_waiting(pid);
    session->interrupt();
    waiting.join();
    CHECK(kind == ErrorKind::Cancelled);
}

TEST_CASE("a COMMIT that is interrupted while under way leaves its outcome open: kind Connection") {
    make_table("id int PRIMARY KEY, v text");
    cluster().exec(
        "CREATE OR REPLACE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN PERFORM pg_sleep(600); RETURN NEW; END$$;"
        "CREATE CONSTRAINT TRIGGER stall AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION stall()");
    const auto session = connect();
    const std::string pid = backend(*session);
    REQUIRE(session->begin().has_value());
    REQUIRE(session->modify("INSERT INTO t VALUES (1)").has_value());
    std::optional<ErrorKind> kind;
    std::thread waiting([&] {
        if (const Status status = session->commit(); !status) kind = status.error().kind;
    });
    wait_until_waiting(pid);
    session->interrupt();
    waiting.join();
    CHECK(kind == ErrorKind::Connection);
}

}  // namespace walferry
