#include "pipeline/applier_errands.h"

#include <atomic>
#include <thread>

#include "tests/support/catch.h"
#include "tests/warehouse/duckdb_session.h"

using namespace walferry;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// A checkpoint under epoch 1, and a thread in the applier's place.
struct ErrandStand {
    ErrandStand() {
        must(create_control_schema(*file.session, control));
        must(CheckpointStore(control).create(*file.session, {Lsn{100}, 1, 1, "slot", true, 1}));
        must(file.session->execute("CREATE TABLE t (id bigint)"));
    }
    ~ErrandStand() {
        applier.request_stop();
        if (applier.joinable()) applier.join();
    }

    void start(std::uint64_t epoch = 1) {
        errands.open(std::make_shared<PipelineCheckpoint>(CheckpointStore(control), epoch),
                     [this] { ++wakes; });
        applier = std::jthread([this](std::stop_token stop) {
            while (!stop.stop_requested() && ended) {
                ended = errands.do_waiting(*file.session);
                std::this_thread::sleep_for(milliseconds(1));
            }
            errands.close();
        });
    }
    void stop() {
        applier.request_stop();
        applier.join();
    }
    static ApplierErrands::Errand insert(int id) {
        return [id](WarehouseSession& session) {
            return session.execute("INSERT INTO t VALUES (" + std::to_string(id) + ")");
        };
    }
    std::string seen() {
        return one(*other, "SELECT string_agg(id, ' ' ORDER BY id) FROM t").value_or("none");
    }

    OpenFile file;
    std::unique_ptr<WarehouseSession> other = must(file.warehouse->connect());
    ControlSchema control{WarehouseKind::DuckDb, file.session->catalog(), "walferry", "p"};
    ApplierErrands errands;
    std::atomic<int> wakes{0};
    Status ended = success();
    std::jthread applier;
};

}  // namespace

TEST_CASE("an errand is done by the applier and committed before the caller goes on") {
    ErrandStand stand;
    stand.start();
    must(stand.errands.run(ErrandStand::insert(1), seconds(20)));
    CHECK(stand.seen() == "1");
    CHECK(stand.wakes == 1);
}

TEST_CASE("an errand that fails is rolled back, and those after it are done") {
    ErrandStand stand;
    stand.start();
    std::vector<ApplierErrands::Errand> errands = {
        ErrandStand::insert(1),
        [](WarehouseSession& session) -> Status {
            WALFERRY_TRYV(session.execute("INSERT INTO t VALUES (2)"));
            return session.execute("INSERT INTO no_such_table VALUES (1)");
        },
        ErrandStand::insert(3)};
    const auto outcomes = stand.errands.run(std::move(errands), seconds(20));
    REQUIRE(outcomes.size() == 3);
    CHECK(outcomes[0]);
    REQUIRE_FALSE(outcomes[1]);
    CHECK(outcomes[1].error().kind == ErrorKind::Schema);
    CHECK(outcomes[2]);
    CHECK(stand.seen() == "1 3");
    stand.stop();
    CHECK(stand.ended);
}

TEST_CASE("errands of many callers are all done") {
    ErrandStand stand;
    stand.start();
    std::atomic<int> failed{0};
    {
        std::vector<std::jthread> callers;
        for (int caller = 0; caller < 4; ++caller) {
            callers.emplace_back([&, caller] {
                for (int i = 0; i < 25; ++i)
                    if (!stand.errands.run(ErrandStand::insert(caller * 25 + i), seconds(60))) ++failed;
            });
        }
    }
    CHECK(failed == 0);
    CHECK(one(*stand.other, "SELECT count(DISTINCT id) FROM t") == "100");
}

TEST_CASE("without a session an errand is refused as busy, and is not done later") {
    ErrandStand stand;
    const Status refused = stand.errands.run(ErrandStand::insert(1), seconds(20));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Busy);
    stand.start();
    must(stand.errands.run(ErrandStand::insert(2), seconds(20)));
    CHECK(stand.seen() == "2");
}

TEST_CASE("an errand that waits when the session ends fails as busy") {
    ErrandStand stand;
    stand.errands.open(std::make_shared<PipelineCheckpoint>(CheckpointStore(stand.control), 1),
                       [&] { ++stand.wakes; });
    std::optional<Status> outcome;
    std::jthread caller([&] { outcome = stand.errands.run(ErrandStand::insert(1), seconds(60)); });
    while (stand.wakes == 0) std::this_thread::sleep_for(milliseconds(1));
    stand.errands.close();
    caller.join();
    REQUIRE(outcome);
    REQUIRE_FALSE(*outcome);
    CHECK(outcome->error().kind == ErrorKind::Busy);
    CHECK(stand.seen() == "none");
}

TEST_CASE("an errand that the applier does not get to in time is withdrawn") {
    ErrandStand stand;
    stand.errands.open(std::make_shared<PipelineCheckpoint>(CheckpointStore(stand.control), 1), [] {});
    const Status late = stand.errands.run(ErrandStand::insert(1), milliseconds(20));
    REQUIRE_FALSE(late);
    CHECK(late.error().kind == ErrorKind::Busy);
    must(stand.errands.do_waiting(*stand.file.session));
    CHECK(stand.seen() == "none");
}

TEST_CASE("an errand that has begun is waited for, however long it takes") {
    ErrandStand stand;
    stand.start();
    std::vector<ApplierErrands::Errand> errands = {[](WarehouseSession& session) {
                                                       std::this_thread::sleep_for(milliseconds(300));
                                                       return session.execute("INSERT INTO t VALUES (1)");
                                                   },
                                                   ErrandStand::insert(2)};
    const auto outcomes = stand.errands.run(std::move(errands), milliseconds(100));
    CHECK(outcomes[0]);
    CHECK_FALSE(outcomes[1]);
    CHECK(stand.seen() == "1");
}

TEST_CASE("an errand of a fenced instance is not committed, and ends its session") {
    ErrandStand stand;
    must(CheckpointStore(stand.control).take_over(*stand.other));
    stand.start(1);
    const Status fenced = stand.errands.run(ErrandStand::insert(1), seconds(20));
    REQUIRE_FALSE(fenced);
    CHECK(fenced.error().kind == ErrorKind::Fenced);
    CHECK(stand.seen() == "none");
    stand.applier.join();
    REQUIRE_FALSE(stand.ended);
    CHECK(stand.ended.error().kind == ErrorKind::Fenced);
}
