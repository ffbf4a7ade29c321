#include <chrono>
#include <thread>

#include "capture/pgoutput/change_decoder.h"
#include "capture/pgoutput/pgoutput_source.h"
#include "capture/source_catalog.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"
#include "tests/support/pg_cluster.h"

using namespace walferry;
using walferry::testing::must;
using walferry::testing::PgCluster;
using walferry::testing::StopMode;

namespace {

/// What came, with rows as text: B, C, and changes as kind:table:old>new.
struct Received {
    std::vector<std::string> events;
    std::vector<Transaction> commits;
    std::vector<SequenceKey> sequences;
    std::vector<std::pair<std::string, std::string>> kept;  ///< relation and change as bytes
};

std::string text(const TupleData& row) {
    std::string line;
    for (const ColumnValue& value : row) {
        if (!line.empty()) line += ',';
        if (value.kind == ValueKind::Null) line += "NULL";
        if (value.kind == ValueKind::UnchangedToast) line += "UNCHANGED";
        line += value.bytes;
    }
    return line;
}

std::string text(const ChangeEvent& change) {
    return std::string(1, static_cast<char>(change.kind)) + ":" + change.relation->name + ":" +
           (change.before ? text(*change.before) : "") + ">" + text(change.after);
}

void add(Received& received, const SourceEvent& event) {
    if (std::holds_alternative<TransactionBegin>(event)) received.events.push_back("B");
    if (const auto* commit = std::get_if<TransactionCommit>(&event)) {
        received.events.push_back("C");
        received.commits.push_back(commit->transaction);
    }
    if (const auto* change = std::get_if<ChangeEvent>(&event)) {
        received.events.push_back(text(*change));
        received.sequences.push_back(change->sequence);
        received.kept.emplace_back(change->relation->message, change->message);
    }
}

/// Reads until everything before `end` has been delivered.
Received read_to(ChangeSource& source, Lsn end) {
    Received received;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    REQUIRE(source.request_position().has_value());
    while (std::chrono::steady_clock::now() < deadline) {
        const SourceEvent event = must(source.next());
        add(received, event);
        const auto* keepalive = std::get_if<Keepalive>(&event);
        if (keepalive != nullptr && keepalive->position >= end) return received;
        if (!std::holds_alternative<NothingYet>(event)) continue;
        source.wait(-1, std::chrono::milliseconds(100));
        REQUIRE(source.keep_alive().has_value());
        REQUIRE(source.request_position().has_value());
    }
    FAIL("the source did not get there in time");
    return received;
}

Lsn position(const PgCluster& cluster) {
    return parse_lsn(cluster.value("SELECT pg_current_wal_flush_lsn()")).value();
}

struct SourceFixture {
    PgCluster cluster;
    Lsn consistent_point;

    SourceFixture() {
        cluster.exec("CREATE TABLE item (id int PRIMARY KEY, name text)");
        cluster.exec("CREATE TABLE other (id int PRIMARY KEY)");
        cluster.exec("CREATE PUBLICATION ferry FOR TABLE item, other");
        consistent_point = must(create_slot(cluster.url(), "ferry"));
    }
    PgoutputOptions options(Lsn start) const { return {cluster.url(), "ferry", "ferry", start}; }
    /// A walsender sees some time after its client has gone that it has.
    void wait_until_free() const {
        while (cluster.value("SELECT active FROM pg_replication_slots") != "f")
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
};

}  // namespace

TEST_CASE_METHOD(SourceFixture, "changes come out in commit order, transaction by transaction") {
    cluster.exec("INSERT INTO item VALUES (1, 'a'), (2, NULL)");
    cluster.exec("UPDATE item SET id = 3 WHERE id = 2");
    cluster.exec("DELETE FROM item WHERE id = 1");
    cluster.exec("TRUNCATE item, other");
    const auto source = must(start_pgoutput(options(consistent_point)));
    const Received received = read_to(*source, position(cluster));
    CHECK(received.events == std::vector<std::string>{"B", "c:item:>1,a", "c:item:>2,NULL", "C", "B",
                                                      "u:item:2,NULL>3,NULL", "C", "B", "d:item:1,NULL>", "C",
                                                      "B", "t:item:>", "t:other:>", "C"});
    CHECK(received.sequences[0].ordinal == 0);
    CHECK(received.sequences[1].ordinal == 1);
    CHECK(received.sequences[0].commit_lsn == received.commits[0].commit_lsn);
    CHECK(received.sequences[5].ordinal == 1);
    for (std::size_t i = 1; i < received.commits.size(); ++i)
        CHECK(received.commits[i].commit_lsn >= received.commits[i - 1].end_lsn);

    ChangeDecoder decoder;
    REQUIRE(decoder.relation(received.kept[2].first).has_value());
    const auto id = static_cast<RelationId>(std::stoul(cluster.value("SELECT 'item'::regclass::oid")));
    CHECK(text(must(decoder.change(received.kept[2].second, id, {}))) == "u:item:2,NULL>3,NULL");
}

TEST_CASE_METHOD(SourceFixture,
                 "transactions from before the start are dropped, and their relations are not") {
    cluster.exec("INSERT INTO item VALUES (1, 'a')");
    cluster.exec("INSERT INTO item VALUES (2, 'b')");
    Received all;
    {
        const auto source = must(start_pgoutput(options(consistent_point)));
        all = read_to(*source, position(cluster));
    }
    wait_until_free();
    REQUIRE(all.commits.size() == 2);
    const auto source = must(start_pgoutput(options(all.commits[0].end_lsn)));
    CHECK(read_to(*source, position(cluster)).events == std::vector<std::string>{"B", "c:item:>2,b", "C"});
}

TEST_CASE_METHOD(SourceFixture, "only what is acknowledged is confirmed by the slot, and never goes back") {
    const auto source = must(start_pgoutput(options(consistent_point)));
    cluster.exec("INSERT INTO item VALUES (1, 'a')");
    const Received received = read_to(*source, position(cluster));
    const auto confirmed = [&] {
        return parse_lsn(cluster.value("SELECT confirmed_flush_lsn FROM pg_replication_slots")).value();
    };
    CHECK(confirmed() <= consistent_point);
    const Lsn end = received.commits[0].end_lsn;
    REQUIRE(source->acknowledge(end).has_value());
    REQUIRE(source->acknowledge(consistent_point).has_value());
    read_to(*source, end);  // the walsender answers in order, so the acknowledgement has arrived
    CHECK(confirmed() == end);
}

TEST_CASE_METHOD(SourceFixture, "a slot in use is busy and names the process, a missing one is refused") {
    const auto source = must(start_pgoutput(options(consistent_point)));
    const auto second = start_pgoutput(options(consistent_point));
    REQUIRE(second.has_error());
    CHECK(second.error().kind == ErrorKind::Busy);
    const std::string pid = cluster.value("SELECT active_pid FROM pg_replication_slots");
    CHECK(second.error().message.find(pid) != std::string::npos);

    PgoutputOptions missing = options(consistent_point);
    missing.slot = "gone";
    const auto absent = start_pgoutput(missing);
    REQUIRE(absent.has_error());
    CHECK(absent.error().kind == ErrorKind::Refused);

    const auto again = create_slot(cluster.url(), "ferry");
    REQUIRE(again.has_error());
    CHECK(again.error().kind == ErrorKind::Refused);
}

TEST_CASE_METHOD(SourceFixture, "a slot that waits for somebody's transaction is given up when asked to") {
    const auto connection = cluster.connect();
    pqxx::work busy(*connection);
    busy.exec("INSERT INTO other VALUES (1)");
    std::stop_source stop;
    std::thread asks([&] {
        while (
            cluster.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE_REPLICATION_SLOT%' "
                          "AND wait_event = 'transactionid'") != "1")
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        stop.request_stop();
    });
    const auto slot = create_slot(cluster.url(), "waiting", stop.get_token());
    asks.join();
    REQUIRE(slot.has_error());
    CHECK(slot.error().kind == ErrorKind::Cancelled);
    busy.commit();
    CHECK(must(create_slot(cluster.url(), "later")) > consistent_point);
}

TEST_CASE_METHOD(SourceFixture, "a server that stops ends the stream with a lost connection") {
    const auto source = must(start_pgoutput(options(consistent_point)));
    read_to(*source, consistent_point);
    cluster.stop(StopMode::Immediate);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    auto event = source->next();
    while (event.has_value() && std::chrono::steady_clock::now() < deadline) event = source->next();
    REQUIRE(event.has_error());
    CHECK(event.error().kind == ErrorKind::Connection);
    const auto refused = start_pgoutput(options(consistent_point));
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind == ErrorKind::Connection);
}

TEST_CASE_METHOD(SourceFixture, "a publication that is missing stops the stream for a person") {
    PgoutputOptions other = options(consistent_point);
    other.publication = "not \"there";
    const auto source = must(start_pgoutput(other));
    cluster.exec("INSERT INTO item VALUES (1, 'a')");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    auto event = source->next();
    while (event.has_value() && std::chrono::steady_clock::now() < deadline) event = source->next();
    REQUIRE(event.has_error());
    CHECK(event.error().kind == ErrorKind::Refused);
    CHECK(event.error().message.find("not \"there") != std::string::npos);
}

TEST_CASE_METHOD(SourceFixture, "a source that was never promoted has no end of its timeline") {
    CHECK_FALSE(must(timeline_end(cluster.url(), 1)).has_value());
}
