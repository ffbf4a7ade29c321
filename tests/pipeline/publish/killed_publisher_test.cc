#include <random>
#include <thread>

#include "tests/pipeline/publish/publish_stand.h"
#include "tests/support/catch.h"
#include "tests/support/kafka_stand.h"
#include "tests/support/must.h"

namespace walferry::publish {
namespace {

using testing::must;

/// Makes changes, each with a number of its own, and remembers those that were committed, in their order.
class NumberedWorkload {
 public:
    explicit NumberedWorkload(const PublishStand& stand) : connection_(stand.connect()) {}

    void transact(std::mt19937& random, int changes) {
        pqxx::work work(*connection_);
        std::vector<std::string> made;
        for (int i = 0; i < changes; ++i) {
            const int id = static_cast<int>(random() % 50);
            const std::string number = std::to_string(++number_);
            const bool there = present_[id];
            const bool removes = there && random() % 4 == 0;
            if (removes) {
                made.push_back("d before " + std::to_string(value_[id]));
                work.exec("DELETE FROM numbered WHERE id = " + std::to_string(id));
                present_[id] = false;
                made.emplace_back("tombstone");
                continue;
            }
            if (there) {
                made.push_back("u before " + std::to_string(value_[id]) + " after " + number);
                work.exec("UPDATE numbered SET n = " + number + " WHERE id = " + std::to_string(id));
            } else {
                made.push_back("c after " + number);
                work.exec("INSERT INTO numbered VALUES (" + std::to_string(id) + ", " + number + ")");
            }
            present_[id] = true;
            value_[id] = number_;
        }
        work.commit();
        expected_.insert(expected_.end(), made.begin(), made.end());
    }

    const std::vector<std::string>& expected() const { return expected_; }

 private:
    std::unique_ptr<pqxx::connection> connection_;
    int number_ = 0;
    bool present_[50] = {};
    int value_[50] = {};
    std::vector<std::string> expected_;
};

TEST_CASE("a publisher killed at any moment publishes every change exactly once, in order") {
    PublishStand stand("killed");
    stand.exec("CREATE TABLE numbered (id int PRIMARY KEY, n int)");
    stand.exec("ALTER TABLE numbered REPLICA IDENTITY FULL");
    must(stand.publish());
    NumberedWorkload workload(stand);
    std::mt19937 random(11);
    for (int kill = 0; kill < 32; ++kill) {
        auto publisher = stand.publisher({"rows_max=40", "transactions=1"});
        const auto work_for = [&](unsigned time_ms_max) {
            const auto end =
                std::chrono::steady_clock::now() + std::chrono::milliseconds(random() % time_ms_max);
            while (std::chrono::steady_clock::now() < end) {
                workload.transact(random, random() % 20 == 0 ? 400 : 1 + static_cast<int>(random() % 6));
                std::this_thread::sleep_for(std::chrono::milliseconds(random() % 16));
            }
        };
        // Some of them amid their start, most while they publish.
        const Lsn before = stand.confirmed();
        work_for(600);
        if (kill % 4 != 0) {
            testing::eventually("a commit", [&] {
                work_for(20);
                return stand.confirmed() > before || !publisher.running();
            });
            work_for(400);
        }
        REQUIRE(publisher.running());
        publisher.kill();
    }
    must(stand.publish());
    CHECK(difference(stand.lines("public.numbered", "n"), workload.expected()) == "");
    CHECK(stand.confirmed() <= stand.checkpoint()->place.position);
}

TEST_CASE("at least once: a publisher that is killed repeats, and loses nothing") {
    PublishStand stand("killed_plainly");
    stand.exec("CREATE TABLE t (id int PRIMARY KEY, n int)");
    stand.options.exactly_once = false;
    must(stand.publish());
    std::mt19937 random(3);
    int id = 0;
    for (int kill = 0; kill < 6; ++kill) {
        auto publisher = stand.publisher({"delivery=at_least_once", "rows_max=40"});
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(700 + random() % 900);
        while (std::chrono::steady_clock::now() < end)
            stand.exec("INSERT INTO t VALUES (" + std::to_string(++id) + ")");
        REQUIRE(publisher.running());
        publisher.kill();
    }
    must(stand.publish());
    std::map<std::string, int> seen;
    for (const std::string& line : stand.lines("public.t", "id")) ++seen[line];
    CHECK(seen.size() == static_cast<std::size_t>(id));
    CHECK(stand.confirmed() <= stand.checkpoint()->place.position);
}

/// What is in the snapshot's topic, committed or not; 0 while there is none.
std::int64_t written() {
    try {
        return testing::written_end("killed_snapshot.public.many");
    } catch (const std::exception&) {
        return 0;
    }
}

TEST_CASE("a snapshot that is killed again and again loses no row, and no change made meanwhile") {
    PublishStand stand("killed_snapshot");
    stand.exec("CREATE TABLE many (id int PRIMARY KEY, n int)");
    stand.exec("INSERT INTO many SELECT i, i FROM generate_series(1, 60000) i");
    std::mt19937 random(5);
    int partly = 0;
    for (int kill = 0; kill < 12; ++kill) {
        const std::int64_t before = written();
        auto publisher = stand.publisher({"part_ms=1"});
        if (kill % 3 != 0) {
            testing::eventually("a part of the snapshot",
                                [&] { return !publisher.running() || written() > before; });
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 400));
        stand.exec("DELETE FROM many WHERE id % 100 = " + std::to_string(kill));
        stand.exec("UPDATE many SET n = n + 1000000 WHERE id % 100 = " + std::to_string(50 + kill));
        publisher.kill();
    }
    stand.options.snapshot_part_time_max = std::chrono::milliseconds(1);
    must(stand.publish());
    std::map<std::string, std::string> rows;
    bool last = false;
    for (const SeenRecord& record : stand.records("public.many")) {
        if (record.op() == "d") rows.erase(*record.key);
        if (record.value.is_null() || record.value["after"].is_null()) continue;
        rows[*record.key] = record.value["after"]["n"].dump();
        last = last || record.source()["snapshot"] == "last";
        partly += record.source()["snapshot"] == "first" ? 1 : 0;
    }
    std::map<std::string, std::string> expected;
    const auto connection = stand.connect();
    pqxx::nontransaction work(*connection);
    for (const auto& row : work.exec("SELECT id, n FROM many"))
        expected["{\"id\":" + std::string(row[0].c_str()) + "}"] = row[1].c_str();
    CHECK(rows == expected);
    CHECK(last);
}

}  // namespace
}  // namespace walferry::publish
