#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fmt/format.h>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/integration/notify_socket.h"
#include "tests/integration/refusal.h"
#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

/// The watchdog's time in these tests: patience is half of it, a sign of life comes each eighth.
constexpr long watchdog_us = 4'000'000;
/// So many signs of life take longer than a thread may stand still.
constexpr std::size_t signs_past_patience = 10;

/// A thread of a child process by the name that it has given itself, stopped while this lives.
class FrozenThread {
 public:
    FrozenThread(pid_t process, const std::string& name) {
        for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process))) {
            if (read_file(task.path() / "comm") == name + "\n") id_ = std::stoi(task.path().filename());
        }
        REQUIRE(id_ != 0);
        REQUIRE(::ptrace(PTRACE_SEIZE, id_, nullptr, nullptr) == 0);
        REQUIRE(::ptrace(PTRACE_INTERRUPT, id_, nullptr, nullptr) == 0);
        REQUIRE(::waitpid(id_, nullptr, __WALL) == id_);
    }
    ~FrozenThread() { ::ptrace(PTRACE_DETACH, id_, nullptr, nullptr); }
    FrozenThread(const FrozenThread&) = delete;
    FrozenThread& operator=(const FrozenThread&) = delete;

 private:
    pid_t id_ = 0;
};

bool logs(const Shop& shop, const std::string& text) {
    return eventually([&] { return shop.ferry->log().find(text) != std::string::npos; });
}

void edit_config(const Shop& shop, const std::string& from, const std::string& to) {
    std::string text = read_file(shop.ferry->config());
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    write_file(shop.ferry->config(), text.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("systemd hears READY once the pipeline streams and not before, then where it stands", "[systemd]") {
    NotifySocket systemd;
    Shop shop(Target::DuckDb, {.environment = systemd.environment()});
    shop.sql(hundred_rows);
    shop.source.stop();
    shop.ferry->start();
    REQUIRE(systemd.waits_for("STATUS=retrying"));
    CHECK(systemd.count("EXTEND_TIMEOUT_USEC=") > 0);
    CHECK(systemd.count("READY=1") == 0);
    shop.source.start();
    REQUIRE(systemd.waits_for("READY=1"));
    CHECK(systemd.waits_for("STATUS=streaming at "));
    CHECK(systemd.count("STOPPING=1") == 0);
    CHECK(systemd.count("WATCHDOG=1") == 0);
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(systemd.count("STOPPING=1") == 1);
    CHECK(systemd.count("READY=1") == 1);
}

TEST_CASE("the watchdog is fed while a lock in the warehouse holds the applier up", "[systemd]") {
    NotifySocket systemd;
    Shop shop(Target::Postgres, {.environment = systemd.environment(watchdog_us)});
    shop.sql(hundred_rows);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    const auto holder = shop.source.connect("warehouse");
    pqxx::work lock(*holder);
    lock.exec("LOCK TABLE public.t");
    shop.sql("INSERT INTO t VALUES (101, 'late')");
    REQUIRE(eventually([&] {
        return shop.source.value("SELECT count(*) FROM pg_locks WHERE NOT granted", "warehouse") != "0";
    }));
    const std::size_t before = systemd.count("WATCHDOG=1");
    CHECK(eventually([&] { return systemd.count("WATCHDOG=1") >= before + signs_past_patience; }));
    lock.abort();
    CHECK(shop.ferry->caught_up());
    INFO(shop.ferry->log_tail());
    CHECK(shop.ferry->log().find("stands still") == std::string::npos);
}

TEST_CASE("the watchdog is fed while the source is gone", "[systemd]") {
    NotifySocket systemd;
    Shop shop(Target::DuckDb, {.environment = systemd.environment(watchdog_us)});
    shop.sql(hundred_rows);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    shop.source.stop();
    REQUIRE(systemd.waits_for("STATUS=retrying"));
    const std::size_t before = systemd.count("WATCHDOG=1");
    CHECK(eventually([&] { return systemd.count("WATCHDOG=1") >= before + signs_past_patience; }));
    INFO(shop.ferry->log_tail());
    CHECK(shop.ferry->log().find("stands still") == std::string::npos);
    shop.source.start();
}

TEST_CASE("the watchdog is not fed any more once the applier stands still", "[systemd]") {
    NotifySocket systemd;
    Shop shop(Target::DuckDb, {.environment = systemd.environment(watchdog_us)});
    shop.sql(hundred_rows);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    REQUIRE(systemd.waits_for("WATCHDOG=1"));
    {
        const FrozenThread frozen(shop.ferry->process().pid(), "applier");
        REQUIRE(logs(shop, "the applier thread stands still"));
        const std::size_t fed = systemd.count("WATCHDOG=1");
        const std::size_t statuses = systemd.count("STATUS=");
        REQUIRE(eventually([&] { return systemd.count("STATUS=") > statuses; }));
        CHECK(systemd.count("WATCHDOG=1") == fed);
    }
    REQUIRE(logs(shop, "the applier thread moves again"));
    const std::size_t fed = systemd.count("WATCHDOG=1");
    CHECK(eventually([&] { return systemd.count("WATCHDOG=1") > fed; }));
}

TEST_CASE("SIGHUP takes a table in that the file has now, and goes on where it was", "[systemd]") {
    NotifySocket systemd;
    Shop shop(Target::DuckDb,
              {.tables = "  - match: public.t\n    mode: upsert\n", .environment = systemd.environment()});
    shop.sql(std::string(hundred_rows) +
             "; CREATE TABLE u AS SELECT * FROM t; ALTER TABLE u ADD PRIMARY KEY (id)");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    CHECK(shop.ferry->status()["tables"].size() == 1);
    edit_config(shop, "public.t\n", "public.[tu]\n");
    shop.ferry->process().signal(SIGHUP);
    REQUIRE(logs(shop, "reloaded: tables"));
    CHECK(eventually([&] { return shop.ferry->status()["tables"].size() == 2; }));
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    CHECK(systemd.count("RELOADING=1") == 1);
    CHECK(systemd.count("MONOTONIC_USEC=") == 1);
    CHECK(eventually([&] { return systemd.count("READY=1") == 2; }));
    shop.sql("INSERT INTO u VALUES (200, 'new'); UPDATE t SET v = 'other' WHERE id = 5");
    INFO(shop.ferry->log_tail());
    REQUIRE(shop.ferry->caught_up());
    REQUIRE(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("SIGHUP sets the log level without a new session", "[systemd]") {
    Shop shop(Target::DuckDb, {.more = "log: { level: info }\n"});
    shop.sql(hundred_rows);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    const std::string holder = shop.ferry->slot("active_pid");
    edit_config(shop, "level: info", "level: debug");
    shop.ferry->process().signal(SIGHUP);
    CHECK(logs(shop, "reloaded: log.level"));
    CHECK(shop.ferry->slot("active_pid") == holder);
}

TEST_CASE("a reload that is wrong, or wants a restart, changes nothing and says so", "[systemd]") {
    NotifySocket systemd;
    Shop shop(Target::DuckDb, {.environment = systemd.environment()});
    shop.sql(hundred_rows);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    const std::string right = read_file(shop.ferry->config());
    SECTION("a file that can't be read") {
        edit_config(shop, "mode: upsert", "mode: sideways");
        shop.ferry->process().signal(SIGHUP);
        CHECK(logs(shop, "reload refused, nothing has changed: " + shop.ferry->config().string() + ":9: "));
    }
    SECTION("keys that belong to the process") {
        edit_config(shop, "memory_limit: 256MiB", "memory_limit: 200MiB");
        edit_config(shop, "max_rows: 2000", "max_rows: 3000");
        shop.ferry->process().signal(SIGHUP);
        CHECK(logs(shop, "warehouse.duckdb.memory_limit can only change with a restart"));
    }
    SECTION("a table that a person has to decide about") {
        shop.sql("CREATE TABLE other (id integer PRIMARY KEY)");
        edit_config(shop, "  - match: \"*.*\"",
                    "  - match: public.other\n    mode: upsert\n    key: [nobody]\n  - match: \"*.*\"");
        shop.ferry->process().signal(SIGHUP);
        CHECK(logs(shop, "reload given up, going on as before: "));
    }
    CHECK(systemd.waits_for("STATUS=streaming at "));
    write_file(shop.ferry->config(), right);
    shop.sql("INSERT INTO t VALUES (101, 'late')");
    INFO(shop.ferry->log_tail());
    REQUIRE(shop.ferry->caught_up());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("systemd's status line says why a person must decide", "[systemd]") {
    NotifySocket systemd;
    Shop shop(Target::DuckDb, {.environment = systemd.environment()});
    shop.sql(hundred_rows);
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.sql(drop_free_slot);
    shop.ferry->start();
    REQUIRE(shop.ferry->process().wait(std::chrono::seconds(60)) == Exit{3, 0});
    CHECK(systemd.count("STATUS=failed: the slot walferry_shop is gone") == 1);
    CHECK(systemd.count("READY=1") == 0);
}

TEST_CASE("what goes to the journal has priorities, and no time of its own", "[systemd]") {
    Shop shop(Target::DuckDb);
    shop.sql(hundred_rows);
    const std::filesystem::path log = shop.ferry->dir() / "journal";
    write_file(log, "");
    struct stat file {};
    REQUIRE(::stat(log.c_str(), &file) == 0);
    Process run({.command = {walferry_binary(), "run", shop.ferry->config(), "--until-caught-up"},
                 .environment = {{"JOURNAL_STREAM", fmt::format("{}:{}", file.st_dev, file.st_ino)}},
                 .output = log});
    REQUIRE(run.wait(std::chrono::seconds(60)) == Exit{0, 0});
    CHECK(read_file(log).find("<6>walferry ") == 0);
}
