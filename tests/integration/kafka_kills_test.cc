#include <fmt/format.h>

#include <random>
#include <thread>

#include "tests/integration/event_stand.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::milliseconds;

namespace {

struct KillCase {
    Target target;
    int partitions;
    int kills;
    bool keeps_membership;  ///< a new life takes the place of the last one in the group at once
    bool transactional;
};

void sleep_below(std::mt19937_64& random, std::uint64_t ms) {
    std::this_thread::sleep_for(milliseconds(random() % ms));
}

}  // namespace

TEST_CASE("events are applied exactly once however often walferry is killed", "[kafka-kills]") {
    const KillCase each = GENERATE(values<KillCase>({{Target::DuckDb, 3, 14, true, true},
                                                     {Target::Postgres, 8, 12, true, true},
                                                     {Target::Postgres, 1, 6, false, false}}));
    INFO(name_of(each.target) << ", " << each.partitions << " partitions");
    EventFerryOptions options{.batch = "{ max_rows: 100 }"};  // many commits to be killed in
    if (each.keeps_membership) options.properties["group.instance.id"] = "the one";
    EventStand stand(each.target, fmt::format("kills{}", each.partitions), each.partitions, options);
    EventLoad load = stand.load({.seed = static_cast<std::uint64_t>(each.partitions),
                                 .transactional = each.transactional,
                                 .pause_ms = each.transactional ? 15 : 2});
    load.start();
    std::mt19937_64 random(static_cast<std::uint64_t>(each.partitions));
    for (int kill = 0; kill < each.kills; ++kill) {
        stand.ferry->start();
        sleep_below(random, each.keeps_membership ? 1200 : 3000);
        INFO(stand.ferry->logs());
        REQUIRE(stand.ferry->process().running());
        stand.ferry->kill();
    }
    load.stop();
    const Completed ended = stand.ferry->catch_up();
    INFO(stand.ferry->logs() << ended.out << ended.err);
    REQUIRE(ended.exit == Exit{0, 0});
    CHECK(stand.differences() == "");
    CHECK(stand.ferry->value("SELECT count(*) FROM public.item_changes WHERE note LIKE 'aborted%'") == "0");
}

TEST_CASE("rows whose offsets can't be saved are not there", "[kafka-kills]") {
    EventStand stand(Target::Postgres, "unsaved", 1);
    EventFerry& ferry = *stand.ferry;
    EventLoad load = stand.load({.seed = 3});
    load.run(20);
    REQUIRE(ferry.catch_up().exit == Exit{0, 0});
    const std::string before = ferry.value("SELECT count(*) FROM public.item_changes");
    stand.cluster->exec(
        "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.next_offset > "
        "OLD.next_offset THEN RAISE 'not now' USING ERRCODE = '40001'; END IF; RETURN NEW; END $$; CREATE "
        "TRIGGER "
        "refuse BEFORE UPDATE ON walferry.kafka_offset FOR EACH ROW EXECUTE FUNCTION public.refuse()",
        "warehouse");
    load.run(20);
    ferry.start();
    const bool refused = eventually([&] { return ferry.log().find("not now") != std::string::npos; });
    INFO(ferry.logs());
    REQUIRE(refused);
    CHECK(ferry.value("SELECT count(*) FROM public.item_changes") == before);
    CHECK(ferry.process().running());
    ferry.kill();
    stand.cluster->exec("DROP TRIGGER refuse ON walferry.kafka_offset", "warehouse");
    REQUIRE(ferry.catch_up().exit == Exit{0, 0});
    CHECK(stand.differences() == "");
}

TEST_CASE("brokers and warehouse come and go while events are applied", "[kafka-restarts]") {
    EventStand stand(Target::Postgres, "restarts", 3);
    EventLoad load = stand.load({.seed = 7, .pause_ms = 2});
    stand.ferry->start();
    load.start();
    std::mt19937_64 random(7);
    const auto life_goes_on = [&] {
        const std::string before = stand.ferry->value("SELECT count(*) FROM public.item_changes");
        INFO(stand.ferry->logs());
        REQUIRE(eventually(
            [&] { return stand.ferry->value("SELECT count(*) FROM public.item_changes") != before; },
            std::chrono::seconds(60)));
    };
    INFO(stand.ferry->logs());
    REQUIRE(
        eventually([&] { return stand.ferry->value("SELECT to_regclass('public.item_changes')") != ""; }));
    life_goes_on();
    shared_broker().kill();
    sleep_below(random, 1000);
    shared_broker().start();
    life_goes_on();
    stand.cluster->restart(StopMode::Immediate);
    life_goes_on();
    shared_broker().stop();
    shared_broker().start();
    life_goes_on();
    load.stop();
    CHECK(stand.ferry->process().running());
    CHECK(stand.ferry->stop() == Exit{0, 0});
    const Completed ended = stand.ferry->catch_up();
    INFO(stand.ferry->logs() << ended.out << ended.err);
    REQUIRE(ended.exit == Exit{0, 0});
    CHECK(stand.differences() == "");
}
