#include "tests/support/pg_cluster.h"

#include "tests/support/catch.h"

using namespace walferry::testing;

TEST_CASE("a throw-away cluster keeps its data over a crash and disappears with its object") {
    std::filesystem::path folder;
    {
        PgCluster cluster({.fsync = true});
        folder = cluster.data_dir();
        CHECK(cluster.value("SHOW wal_level") == "logical");
        cluster.create_database("shop");
        cluster.exec("CREATE TABLE t AS SELECT 1 AS id", "shop");
        cluster.restart(StopMode::Immediate);
        CHECK(cluster.value("SELECT count(*) FROM t", "shop") == "1");
    }
    CHECK_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("a cluster with an identity of its own differs from the others") {
    const PgCluster one;
    const PgCluster other({.own_identity = true});
    const std::string identity = "SELECT system_identifier FROM pg_control_system()";
    CHECK(one.value(identity) != other.value(identity));
}

TEST_CASE("a process gives its exit code, its output and the signal that killed it") {
    const Completed completed = run({.command = {"sh", "-c", "echo out; echo err >&2; exit 3"}});
    CHECK(completed.exit == Exit{3, 0});
    CHECK(completed.out == "out\n");
    CHECK(completed.err == "err\n");
    Process sleeper({.command = {"sleep", "100"}});
    CHECK(peak_resident_bytes(sleeper.pid()) > 0);
    sleeper.signal(SIGTERM);
    CHECK(sleeper.wait(std::chrono::seconds(5)) == Exit{0, SIGTERM});
}
