#include "service/resync_wait.h"

#include <future>

#include "tests/service/resync_service.h"

using namespace walferry;
using std::chrono::milliseconds;
using walferry::testing::ResyncService;

namespace {

/// Resyncs 1 of public.t and 2 of public.u, and a command that waits for them in a thread.
struct Waiting {
    Waiting() {
        service.start();
        access.emplace(service.config);
        follower.emplace(access->request({{"t", "u"}, false, 0}).value(), true);
    }
    void begin(milliseconds patience = std::chrono::minutes(1)) {
        end = std::async(std::launch::async, [this, patience] {
            return wait_for_service(service.config, *follower, patience, stop.get_token());
        });
    }
    /// Until the service was asked so many times more.
    void let_it_ask(int times) {
        for (const int until = service.asked + times; service.asked < until;)
            std::this_thread::sleep_for(milliseconds(5));
    }

    ResyncService service;
    std::optional<ResyncAccess> access;
    std::optional<ResyncFollower> follower;
    std::stop_source stop;
    std::future<Result<ResyncWaitEnd>> end;
};

}  // namespace

TEST_CASE("a wait ends when all that was asked for has ended, and says whether all is done") {
    Waiting waiting;
    waiting.begin();
    waiting.let_it_ask(1);
    waiting.service.end(1, ResyncState::Done);
    waiting.let_it_ask(2);
    waiting.service.end(2, ResyncState::Done);
    CHECK(waiting.end.get().value() == ResyncWaitEnd::Ended);
    CHECK(waiting.follower->finish());
}

TEST_CASE("one that failed, was cancelled, or lost its row is not done") {
    const auto state = GENERATE(ResyncState::Failed, ResyncState::Cancelled, ResyncState::Requested);
    Waiting waiting;
    waiting.service.end(1, ResyncState::Done);
    if (state == ResyncState::Requested) {
        must(waiting.service.file.session->execute("DELETE FROM walferry.resync WHERE id = 2"));
    } else {
        waiting.service.end(2, state, "why");
    }
    waiting.begin();
    CHECK(waiting.end.get().value() == ResyncWaitEnd::Ended);
    CHECK_FALSE(waiting.follower->finish());
}

TEST_CASE("whoever waits can leave, and the resyncs stay open") {
    Waiting waiting;
    waiting.begin();
    waiting.let_it_ask(1);
    waiting.stop.request_stop();
    CHECK(waiting.end.get().value() == ResyncWaitEnd::Detached);
    CHECK(waiting.follower->open() == std::vector<std::int64_t>{1, 2});
    CHECK(must(ResyncStore(waiting.service.control).read(*waiting.service.file.session, true)).size() == 2);
}

TEST_CASE("a service that goes away and comes back is waited for") {
    Waiting waiting;
    waiting.begin();
    waiting.let_it_ask(1);
    waiting.service.stop();
    std::this_thread::sleep_for(milliseconds(700));
    CHECK(waiting.end.wait_for(milliseconds(0)) == std::future_status::timeout);
    waiting.service.end(1, ResyncState::Done);
    waiting.service.end(2, ResyncState::Done);
    waiting.service.start();
    CHECK(waiting.end.get().value() == ResyncWaitEnd::Ended);
    CHECK(waiting.follower->finish());
}

TEST_CASE("a service that stays away is out of reach in the end") {
    Waiting waiting;
    waiting.service.stop();
    waiting.begin(milliseconds(1));
    const auto end = waiting.end.get();
    REQUIRE_FALSE(end);
    CHECK(end.error().kind == ErrorKind::Connection);
    CHECK(waiting.follower->open().size() == 2);
}

TEST_CASE("what the service refuses has the kind that the command's exit goes by") {
    ResyncService service;
    service.start();
    const ResyncAccess access(service.config);
    REQUIRE(access.is_remote());
    const auto kind = [&](const std::string& table) {
        const auto asked = access.request({{table}, false, 0});
        return asked ? std::optional<ErrorKind>() : asked.error().kind;
    };
    CHECK(kind("public.x") == ErrorKind::Data);
    CHECK(kind("public.v") == ErrorKind::Refused);
    service.busy = true;
    CHECK(kind("public.t") == ErrorKind::Connection);
    service.busy = false;
    CHECK_FALSE(kind("public.t"));
    CHECK(access.cancel({1}).value().size() == 1);
    CHECK(access.list({{}, true}).value().empty());
}
