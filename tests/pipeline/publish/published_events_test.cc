#include "tests/pipeline/publish/publish_stand.h"
#include "tests/support/catch.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/must.h"

namespace walferry::publish {
namespace {

using testing::must;
using Json = nlohmann::json;

std::vector<std::string> snapshot_marks(const std::vector<SeenRecord>& records) {
    std::vector<std::string> marks;
    for (const SeenRecord& record : records)
        marks.push_back(record.op() + " " + record.source()["snapshot"].get<std::string>());
    return marks;
}

TEST_CASE("a snapshot's rows have Debezium's marks, one position and one transaction id") {
    PublishStand stand("marks");
    stand.exec("CREATE TABLE a (id int PRIMARY KEY, v text)");
    stand.exec("CREATE TABLE b (id int PRIMARY KEY)");
    stand.exec("CREATE TABLE empty (id int PRIMARY KEY)");
    stand.exec("CREATE TABLE z (id int PRIMARY KEY)");
    stand.exec("INSERT INTO a VALUES (1, 'x'), (2, 'y'), (3, NULL)");
    stand.exec("INSERT INTO b VALUES (1)");
    stand.exec("INSERT INTO z VALUES (1), (2)");
    must(stand.publish());
    stand.exec("INSERT INTO b VALUES (2)");
    must(stand.publish());
    using Marks = std::vector<std::string>;
    const auto a = stand.records("public.a");
    const auto b = stand.records("public.b");
    const auto z = stand.records("public.z");
    CHECK(snapshot_marks(a) == Marks{"r first", "r true", "r last_in_data_collection"});
    CHECK(snapshot_marks(b) == Marks{"r last_in_data_collection", "c false"});
    CHECK(snapshot_marks(z) == Marks{"r first_in_data_collection", "r last"});
    CHECK(stand.records("public.empty").empty());
    const Json& source = a[0].source();
    CHECK(source["sequence"] == "[null,\"" + std::to_string(a[0].lsn()) + "\"]");
    CHECK(source["db"] == "marks");
    for (const auto& records : {a, z}) {
        for (const SeenRecord& record : records) {
            CHECK(record.lsn() == a[0].lsn());
            CHECK(record.source()["txId"] == source["txId"]);
            CHECK(record.source()["ts_us"] == source["ts_us"]);
        }
    }
    CHECK(b[1].lsn() >= a[0].lsn());
    CHECK(b[1].source()["sequence"] == "[null,\"" + std::to_string(b[1].lsn()) + "\"]");
    CHECK(a[0].headers.at("__debezium.context.connectorLogicalName") == "marks");
    CHECK(a[0].headers.at("__debezium.context.runId").size() == 36);
    CHECK(stand.report().tables.at("public.b").creates == 1);
}

TEST_CASE("without a snapshot only changes are published") {
    PublishStand stand("never");
    stand.options.snapshot_initial = false;
    stand.exec("CREATE TABLE t (id int PRIMARY KEY)");
    stand.exec("INSERT INTO t VALUES (1)");
    must(stand.publish());
    stand.exec("INSERT INTO t VALUES (2)");
    must(stand.publish());
    CHECK(stand.lines("public.t", "id") == std::vector<std::string>{"c after 2"});
}

TEST_CASE("each event has its change's own position, and the end of the commit before") {
    PublishStand stand("positions");
    stand.exec("CREATE TABLE t (id int PRIMARY KEY, v int)");
    must(stand.publish());
    stand.exec("BEGIN; INSERT INTO t VALUES (1, 1), (2, 2); UPDATE t SET v = 3 WHERE id = 1; COMMIT");
    must(stand.publish());  // the second of `sequence` survives a restart
    stand.exec("INSERT INTO t VALUES (4, 4)");
    must(stand.publish());
    const auto records = stand.records("public.t");
    REQUIRE(records.size() == 4);
    CHECK(records[0].lsn() < records[1].lsn());
    CHECK(records[1].lsn() < records[2].lsn());
    CHECK(records[0].source()["txId"] == records[2].source()["txId"]);
    const Json sequence = Json::parse(records[3].source()["sequence"].get<std::string>());
    CHECK(std::stoull(sequence[0].get<std::string>()) > records[2].lsn());
    CHECK(std::stoull(sequence[0].get<std::string>()) <= records[3].lsn());
    CHECK(sequence[1] == std::to_string(records[3].lsn()));
    // What the log itself says: the change's record begins there.
    const std::string at = to_string(Lsn{records[3].lsn()});
    const auto dump =
        testing::run({.command = {(stand.source().bin() / "pg_waldump").string(), "-p",
                                  (stand.source().data_dir() / "pg_wal").string(), "-s", at, "-n", "1"},
                      .unprivileged = true});
    CHECK_THAT(dump.out, CONTAINS_TEXT("rmgr: Heap"));
    CHECK(dump.out.find(at.substr(at.find('/') + 1)) < dump.out.find("prev"));
    CHECK_THAT(dump.out, CONTAINS_TEXT("INSERT"));
}

TEST_CASE("deletes\\, key updates\\, truncates and unchanged large values are as Debezium has them") {
    PublishStand stand("kinds");
    stand.exec("CREATE TABLE t (id int PRIMARY KEY, v text, n int)");
    stand.exec("ALTER TABLE t ALTER v SET STORAGE EXTERNAL");
    stand.options.snapshot_initial = false;
    must(stand.publish());
    stand.exec("INSERT INTO t VALUES (1, repeat('x', 10000), 1)");
    stand.exec("UPDATE t SET n = 2");
    stand.exec("UPDATE t SET id = 2");
    stand.exec("DELETE FROM t");
    stand.exec("TRUNCATE t");
    must(stand.publish());
    const auto records = stand.records("public.t");
    std::vector<std::string> ops;
    for (const SeenRecord& record : records) ops.push_back(record.op() + " " + record.key.value_or("-"));
    CHECK(ops == std::vector<std::string>{R"(c {"id":1})", R"(u {"id":1})", R"(d {"id":1})",
                                          R"(tombstone {"id":1})", R"(c {"id":2})", R"(d {"id":2})",
                                          R"(tombstone {"id":2})", "t -"});
    CHECK(records[1].value["after"]["v"] == "__debezium_unavailable_value");
    CHECK(records[2].headers.at("__debezium.newkey") == R"({"id":2})");
    CHECK(records[4].headers.at("__debezium.oldkey") == R"({"id":1})");
}

TEST_CASE("a truncate is in every partition, behind what was there before") {
    PublishStand stand("partitions");
    stand.options.snapshot_initial = false;
    testing::shared_broker().create_topic("partitions.public.t", 3);
    stand.exec("CREATE TABLE t (id int PRIMARY KEY)");
    must(stand.publish());
    stand.exec("INSERT INTO t SELECT generate_series(1, 20)");
    stand.exec("TRUNCATE t");
    stand.exec("INSERT INTO t SELECT generate_series(1, 20)");
    must(stand.publish());
    for (int partition = 0; partition < 3; ++partition) {
        std::string ops;
        for (const SeenRecord& record : stand.records("public.t", partition)) ops += record.op();
        CAPTURE(ops);
        REQUIRE(ops.size() > 2);
        CHECK(ops == std::string(ops.size() / 2, 'c') + "t" + std::string(ops.size() / 2, 'c'));
    }
}

TEST_CASE("transactions are told in their topic and in each event") {
    PublishStand stand("transactions");
    stand.options.transaction_topic = true;
    stand.options.snapshot_initial = false;
    stand.exec("CREATE TABLE a (id int PRIMARY KEY)");
    stand.exec("CREATE TABLE b (id int PRIMARY KEY)");
    must(stand.publish());
    stand.exec("BEGIN; INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); INSERT INTO a VALUES (2); COMMIT");
    must(stand.publish());
    const auto told = stand.records("transaction");
    REQUIRE(told.size() == 2);
    CHECK(told[0].value["status"] == "BEGIN");
    CHECK(told[1].value["status"] == "END");
    CHECK(told[1].value["event_count"] == 3);
    const auto a = stand.records("public.a");
    CHECK(a[1].value["transaction"]["total_order"] == 3);
    CHECK(a[1].value["transaction"]["data_collection_order"] == 2);
    CHECK(a[0].value["transaction"]["id"] == told[0].value["id"]);
}

TEST_CASE("logical messages are published where they stand, and once") {
    PublishStand stand("messages");
    if (stand.source().major_version() < 14) return;
    stand.options.snapshot_initial = false;
    stand.options.transaction_topic = true;
    stand.exec("CREATE TABLE t (id int PRIMARY KEY)");
    must(stand.publish());
    stand.exec("SELECT pg_logical_emit_message(false, 'outside', 'x')");
    must(stand.publish());
    stand.exec(
        "BEGIN; INSERT INTO t VALUES (1); SELECT pg_logical_emit_message(true, 'inside', 'y'); INSERT INTO t "
        "VALUES (2); COMMIT");
    stand.exec("BEGIN; SELECT pg_logical_emit_message(true, 'taken back', 'z'); ROLLBACK");
    must(stand.publish());
    must(stand.publish());
    const auto records = stand.records("message");
    REQUIRE(records.size() == 2);
    CHECK(records[0].key == R"({"prefix":"outside"})");
    CHECK(records[0].source()["txId"].is_null());
    CHECK(records[0].value["message"]["content"] == "eA==");
    CHECK(records[1].key == R"({"prefix":"inside"})");
    CHECK(records[1].value["transaction"]["total_order"] == 2);
    const auto rows = stand.records("public.t");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].source()["sequence"] ==
          "[\"" + std::to_string(records[0].lsn()) + "\",\"" + std::to_string(rows[0].lsn()) + "\"]");
    CHECK(rows[0].lsn() < records[1].lsn());
    CHECK(records[1].lsn() <= rows[1].lsn());
}

TEST_CASE("a row that can't be an event becomes a dead letter, and stops nothing") {
    PublishStand stand("letters");
    stand.exec("CREATE TABLE t (id int PRIMARY KEY, at timestamp)");
    stand.exec("INSERT INTO t VALUES (1, '294276-01-01'), (2, '2024-01-01')");
    must(stand.publish());
    CHECK(stand.report().tables.at("public.t").dead_letters == 1);
    stand.exec("INSERT INTO t VALUES (3, '294276-01-01'), (4, '2024-01-01')");
    stand.exec("UPDATE t SET at = '294275-01-01' WHERE id = 4");
    must(stand.publish());
    CHECK(stand.report().tables.at("public.t").dead_letters == 2);
    CHECK(stand.lines("public.t", "id") == std::vector<std::string>{"r after 2", "c after 4"});
    const auto letters = stand.records("walferry.dead_letter");
    REQUIRE(letters.size() == 3);
    CHECK(letters[0].value["op"] == "r");
    CHECK(letters[0].value["after"]["at"].contains("base64"));
    CHECK(letters[1].key == "public.t");
    CHECK(letters[1].value["op"] == "c");
    CHECK(letters[1].value["table"] == "public.t");
    CHECK(letters[1].value["before"].is_null());
    CHECK(letters[1].value["after"] == Json({{"id", 3}, {"at", "294276-01-01 00:00:00"}}));
    CHECK_THAT(letters[1].value["error"].get<std::string>(), CONTAINS_TEXT("column at"));
    CHECK(parse_lsn(letters[1].value["lsn"].get<std::string>()).value() > Lsn{});
    CHECK(letters[2].value["op"] == "u");
}

TEST_CASE("a record too large for Kafka becomes a dead letter without its value") {
    PublishStand stand("large");
    stand.options.snapshot_initial = false;
    stand.exec("CREATE TABLE t (id int PRIMARY KEY, v text)");
    must(stand.publish());
    stand.exec("INSERT INTO t VALUES (1, repeat('x', 2000000))");
    stand.exec("INSERT INTO t VALUES (2, 'small')");
    must(stand.publish());
    CHECK(stand.lines("public.t", "id") == std::vector<std::string>{"c after 2"});
    const auto letters = stand.records("walferry.dead_letter");
    REQUIRE(letters.size() == 1);
    CHECK(letters[0].value["topic"] == "large.public.t");
    CHECK(letters[0].value["key"] == R"({"id":1})");
    CHECK(stand.report().tables.at("public.t").creates == 2);
    CHECK(stand.report().too_large == 1);
}

TEST_CASE("columns may come, go and change their names while changes wait, and nothing is lost") {
    PublishStand stand("shapes");
    stand.options.schemas = true;
    stand.options.snapshot_initial = false;
    stand.exec("CREATE TYPE mood AS ENUM ('ok')");
    stand.exec("CREATE TABLE t (id int PRIMARY KEY, a text, m mood)");
    must(stand.publish());
    // The catalog is ahead of all but the last of these.
    stand.exec("INSERT INTO t VALUES (1, NULL, 'ok')");
    stand.exec("ALTER TABLE t ADD b int NOT NULL DEFAULT 7");
    stand.exec("INSERT INTO t VALUES (2, 'x', 'ok', 2)");
    stand.exec("UPDATE t SET a = 'y' WHERE a IS NULL");
    stand.exec("ALTER TABLE t ALTER a SET NOT NULL");
    stand.exec("ALTER TYPE mood ADD VALUE 'fine'");
    stand.exec("INSERT INTO t VALUES (3, 'z', 'fine', 3)");
    stand.exec("ALTER TABLE t RENAME id TO number");
    stand.exec("UPDATE t SET b = 4 WHERE number = 3");
    stand.exec("ALTER TABLE t DROP m");
    stand.exec("DROP TYPE mood");
    stand.exec("DELETE FROM t WHERE number = 2");
    must(stand.publish());
    std::vector<std::string> lines;
    for (const SeenRecord& record : stand.records("public.t")) {
        if (record.value.is_null()) continue;
        const Json& event = record.value["payload"];
        lines.push_back(event["op"].get<std::string>() + " " + Json::parse(*record.key)["payload"].dump() +
                        " " + (event["op"] == "d" ? event["before"] : event["after"]).dump());
    }
    CHECK(lines == std::vector<std::string>{R"(c {"id":1} {"a":null,"id":1,"m":"ok"})",
                                            R"(c {"id":2} {"a":"x","b":2,"id":2,"m":"ok"})",
                                            R"(u {"id":1} {"a":"y","b":7,"id":1,"m":"ok"})",
                                            R"(c {"id":3} {"a":"z","b":3,"id":3,"m":"fine"})",
                                            R"(u {"number":3} {"a":"z","b":4,"m":"fine","number":3})",
                                            R"(d {"number":2} {"a":"","b":7,"number":2})"});
    CHECK(stand.records("walferry.dead_letter").empty());
}

TEST_CASE("a transaction larger than a batch is one of Kafka") {
    PublishStand stand("large_transaction");
    stand.options.snapshot_initial = false;
    stand.options.batch.rows_max = 100;
    stand.exec("CREATE TABLE t (id int PRIMARY KEY)");
    must(stand.publish());
    stand.exec("INSERT INTO t SELECT generate_series(1, 20000)");
    must(stand.publish());
    CHECK(stand.records("public.t").size() == 20000);
    CHECK(stand.report().commits <= 3);
}

TEST_CASE("a table that is made while changes are published is published from then on") {
    PublishStand stand("new_table");
    stand.exec("CREATE TABLE first (id int PRIMARY KEY)");
    auto publisher = stand.publisher();
    testing::eventually("the slot", [&] { return stand.confirmed() > Lsn{}; });
    stand.exec("CREATE TABLE second (id int PRIMARY KEY)");
    testing::eventually("the publication", [&] {
        return stand.value("SELECT count(*) FROM pg_publication_tables WHERE tablename = 'second'") == "1";
    });
    stand.exec("INSERT INTO second VALUES (5)");
    publisher.signal(SIGTERM);
    CHECK(publisher.wait(std::chrono::seconds(30)) == testing::Exit{});
    must(stand.publish());
    CHECK(stand.lines("public.second", "id") == std::vector<std::string>{"c after 5"});
}

TEST_CASE("heartbeats come, and save the position") {
    PublishStand stand("beating");
    stand.exec("CREATE TABLE t (id int PRIMARY KEY)");
    auto publisher = stand.publisher({"heartbeat_ms=50"});
    testing::eventually("heartbeats", [&] { return stand.records("__debezium-heartbeat").size() > 2; });
    publisher.signal(SIGTERM);
    CHECK(publisher.wait(std::chrono::seconds(30)) == testing::Exit{});
    const auto beats = stand.records("__debezium-heartbeat");
    CHECK(beats[0].key == R"({"serverName":"beating"})");
    CHECK(beats[0].value["ts_ms"] <= beats[1].value["ts_ms"]);
}

TEST_CASE("tables that would share a topic are refused by name") {
    PublishStand stand("shared_topic");
    stand.exec("CREATE TABLE \"a b\" (id int PRIMARY KEY)");
    stand.exec("CREATE TABLE \"a_b\" (id int PRIMARY KEY)");
    const Status end = stand.publish();
    REQUIRE(end.has_error());
    CHECK(end.error().kind == ErrorKind::Refused);
    CHECK_THAT(end.error().message, CONTAINS_TEXT("public.a b and public.a_b would share topic"));
}

TEST_CASE("at least once: the checkpoint follows what it covers, without transactions") {
    PublishStand stand("plainly");
    stand.options.exactly_once = false;
    stand.exec("CREATE TABLE t (id int PRIMARY KEY)");
    stand.exec("INSERT INTO t VALUES (1)");
    must(stand.publish());
    stand.exec("INSERT INTO t VALUES (2)");
    must(stand.publish());
    stand.exec("INSERT INTO t VALUES (3)");
    must(stand.publish());
    CHECK(stand.lines("public.t", "id") == std::vector<std::string>{"r after 1", "c after 2", "c after 3"});
    CHECK(stand.confirmed() <= stand.checkpoint()->place.position);
}

}  // namespace
}  // namespace walferry::publish
