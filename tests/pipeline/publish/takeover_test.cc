#include "tests/pipeline/publish/publish_stand.h"
#include "tests/support/catch.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/must.h"

namespace walferry::publish {
namespace {

using testing::must;

TEST_CASE("a second publisher fences the first, waits for the slot, and goes on where that one was") {
    PublishStand stand("fenced");
    stand.exec("CREATE TABLE t (id int PRIMARY KEY)");
    auto first = stand.publisher();
    testing::eventually("the first publisher", [&] { return stand.confirmed() > Lsn{}; });
    stand.exec("INSERT INTO t VALUES (1)");
    testing::eventually("the first row", [&] { return stand.records("public.t").size() == 1; });
    auto second = stand.publisher();
    int id = 1;
    testing::eventually("the end of the first", [&] {
        stand.exec("INSERT INTO t VALUES (" + std::to_string(++id) + ")");
        return !first.running();
    });
    CHECK(first.wait(std::chrono::seconds(1)) == testing::Exit{3, 0});
    CHECK_THAT(first.out(), CONTAINS_TEXT("fenced"));
    stand.exec("INSERT INTO t VALUES (1000000)");
    const auto count = static_cast<std::size_t>(id + 1);
    testing::eventually("all rows", [&] { return stand.records("public.t").size() >= count; });
    CHECK(second.running());
    second.signal(SIGTERM);
    CHECK(second.wait(std::chrono::seconds(30)) == testing::Exit{});
    must(stand.publish());
    std::vector<std::string> expected;
    for (int i = 1; i <= id; ++i) expected.push_back("c after " + std::to_string(i));
    expected.emplace_back("c after 1000000");
    CHECK(difference(stand.lines("public.t", "id"), expected) == "");
}

void check_refused(const PublishStand& stand, const std::string& said) {
    const Status end = stand.publish();
    REQUIRE(end.has_error());
    CHECK(end.error().kind == ErrorKind::Refused);
    CHECK_THAT(end.error().message, CONTAINS_TEXT(said));
    CHECK_THAT(end.error().way_out, CONTAINS_TEXT("`walferry drop CONFIG`"));
}

TEST_CASE("a slot that is gone\\, ahead\\, or nobody's is refused") {
    PublishStand stand("refused");
    stand.exec("CREATE TABLE t (id int PRIMARY KEY)");
    const std::string slot = "'" + stand.options.slot + "'";
    stand.exec("SELECT pg_create_logical_replication_slot(" + slot + ", 'pgoutput')");
    check_refused(stand, "this Kafka cluster has no checkpoint of pipeline refused");
    stand.exec("SELECT pg_drop_replication_slot(" + slot + ")");
    must(stand.publish());
    stand.exec("INSERT INTO t VALUES (1)");
    stand.exec("SELECT pg_replication_slot_advance(" + slot + ", pg_current_wal_lsn())");
    check_refused(stand, "was confirmed up to");
    stand.exec("SELECT pg_drop_replication_slot(" + slot + ")");
    check_refused(stand, "is gone");
    must(drop_publishing(stand.options));
    CHECK_FALSE(stand.checkpoint());
    must(stand.publish());
    CHECK(stand.lines("public.t", "id") == std::vector<std::string>{"r after 1"});
}

TEST_CASE("another server is refused") {
    testing::PgClusterOptions own;
    own.own_identity = true;
    testing::PgCluster other(own);
    PublishStand stand("two_servers");
    stand.exec("CREATE TABLE t (id int PRIMARY KEY)");
    must(stand.publish());
    other.create_database("two_servers");
    stand.options.connection = other.url("two_servers");
    check_refused(stand, "wrong server");
}

TEST_CASE("brokers and source may go and come back") {
    testing::PgClusterOptions durable;
    durable.fsync = true;
    testing::PgCluster source(durable);
    PublishStand stand("restarts", source);
    stand.exec("CREATE TABLE t (id int PRIMARY KEY)");
    must(stand.publish());
    auto publisher = stand.publisher();
    int id = 0;
    const auto insert = [&](int rows) {
        const auto connection = stand.connect();
        pqxx::nontransaction work(*connection);
        for (const int end = id + rows; id < end;)
            work.exec("INSERT INTO t VALUES (" + std::to_string(++id) + ")");
    };
    insert(200);
    testing::eventually("some rows", [&] { return stand.records("public.t").size() > 100; });
    insert(200);
    testing::shared_broker().kill();
    insert(200);
    testing::shared_broker().start();
    insert(200);
    source.restart(testing::StopMode::Immediate);
    insert(200);
    source.restart();
    insert(50);
    testing::shared_broker().stop();
    testing::shared_broker().start();
    insert(50);
    testing::eventually("all rows", [&] {
        return !publisher.running() || stand.records("public.t").size() >= static_cast<std::size_t>(id);
    });
    INFO(publisher.out());
    REQUIRE(publisher.running());
    publisher.signal(SIGTERM);
    CHECK(publisher.wait(std::chrono::seconds(60)) == testing::Exit{});
    must(stand.publish());
    std::vector<std::string> expected;
    for (int i = 1; i <= id; ++i) expected.push_back("c after " + std::to_string(i));
    CHECK(difference(stand.lines("public.t", "id"), expected) == "");
    CHECK(stand.confirmed() <= stand.checkpoint()->place.position);
}

}  // namespace
}  // namespace walferry::publish
