#include "pipeline/applier_loop.h"

#include <thread>

#include "tests/apply/refusal/refusal_stand.h"
#include "tests/pipeline/scripted_source.h"
#include "tests/support/catch.h"

namespace walferry::testing {

TEST_CASE("once a table has to be copied anew, the session ends without another batch") {
    const auto kind = WarehouseKind::DuckDb;
    RefusalStand stand(kind, {{RefusalStand::spec(kind)}});
    Shape rewritten{{RefusalStand::spec(kind, TableMode::Upsert, {"c1", "c2"})},
                    "ALTER TABLE target.t ADD COLUMN c2 text"};
    rewritten.needs_copy = true;
    stand.reshaper.shapes = {rewritten};
    BatchQueue queue;
    Progress progress;
    ApplierErrands errands;
    ApplierLoop loop(*stand.applier, *stand.session, kind, queue, stand.registry, progress, errands,
                     [](const CommittedBatch&) {});
    std::optional<Status> outcome;
    std::jthread applier([&](std::stop_token stop) { outcome = loop.run(stop); });
    REQUIRE(queue.wait_for_applier(std::chrono::seconds(30)));
    stand.send_shape(rewritten);
    stand.transact({RefusalStand::insert({"1", "a", "x"})});
    queue.hand_over(stand.builder->take());
    CHECK(eventually([&] { return progress.start_again || queue.applier_waits(); }));
    CHECK(progress.start_again);
    applier.request_stop();
    queue.wake_applier();
    applier.join();
    REQUIRE(outcome);
    CHECK(*outcome);
}

}  // namespace walferry::testing
