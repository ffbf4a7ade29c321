#include "checkpoint/kafka_offset_store.h"

#include "tests/dlq/both_warehouses.h"
#include "tests/support/catch.h"

using namespace walferry;
using namespace walferry::testing;

namespace {

WarehouseKind each_warehouse() {
    return GENERATE(WarehouseKind::DuckDb, WarehouseKind::Postgres);
}

using Offsets = std::vector<PartitionOffset>;

}  // namespace

TEST_CASE("partitions begin where they are asked to the first time, and go on where they are after that") {
    const Desk desk(each_warehouse());
    const KafkaOffsetStore store(desk.control);
    CHECK(must(store.take_over(*desk.session, {})).empty());
    CHECK(must(store.take_over(*desk.session,
                               Offsets{{{"shop.a's", 1}, 7, 0}, {{"shop.a's", 0}, 5'000'000'000, 0}})) ==
          Offsets{{{"shop.a's", 1}, 7, 1}, {{"shop.a's", 0}, 5'000'000'000, 1}});
    must(store.save(*desk.session, Offsets{{{"shop.a's", 1}, 9, 1}}));
    CHECK(must(store.take_over(*desk.session, Offsets{{{"shop.a's", 1}, 0, 0}, {{"shop.b", 1}, 3, 0}})) ==
          Offsets{{{"shop.a's", 1}, 9, 2}, {{"shop.b", 1}, 3, 1}});
    CHECK(must(store.read(*desk.session)) ==
          Offsets{{{"shop.a's", 0}, 5'000'000'000, 1}, {{"shop.a's", 1}, 9, 2}, {{"shop.b", 1}, 3, 1}});
}

TEST_CASE("of a pipeline's partitions another pipeline knows nothing") {
    const Desk desk(each_warehouse());
    must(KafkaOffsetStore(desk.control).take_over(*desk.session, Offsets{{{"t", 0}, 7, 0}}));
    ControlSchema other = desk.control;
    other.pipeline = "other";
    const KafkaOffsetStore store(other);
    CHECK(must(store.read(*desk.session)).empty());
    CHECK(must(store.take_over(*desk.session, Offsets{{{"t", 0}, 1, 0}})) == Offsets{{"t", 0, 1, 1}});
    CHECK(must(KafkaOffsetStore(desk.control).read(*desk.session)) == Offsets{{{"t", 0}, 7, 1}});
    must(drop_control_rows(*desk.session, other));
    CHECK(must(KafkaOffsetStore(desk.control).read(*desk.session)) == Offsets{{{"t", 0}, 7, 1}});
}

TEST_CASE("a worker that lost one of its partitions can save none of them") {
    const Desk desk(each_warehouse());
    const KafkaOffsetStore store(desk.control);
    WarehouseSession& session = *desk.session;
    Offsets mine = must(store.take_over(session, Offsets{{{"t", 0}, 0, 0}, {{"t", 1}, 0, 0}}));
    must(store.hold(session, mine));
    mine[0].next = mine[1].next = 10;
    must(store.save(session, mine));
    must(store.save(session, mine));  // where it is already
    must(store.take_over(session, Offsets{{{"t", 1}, 0, 0}}));
    mine[0].next = mine[1].next = 20;
    must(session.begin());
    const Status saved = store.save(session, mine);
    session.rollback();
    REQUIRE_FALSE(saved);
    CHECK(saved.error().kind == ErrorKind::Fenced);
    CHECK(saved.error().message.find("t/1") != std::string::npos);
    CHECK(store.hold(session, mine).error().kind == ErrorKind::Fenced);
    must(store.hold(session, Offsets{mine[0]}));
    CHECK(must(store.read(session)) == Offsets{{{"t", 0}, 10, 1}, {{"t", 1}, 10, 2}});
    CHECK(store.save(session, Offsets{{{"t", 2}, 1, 1}}).error().kind == ErrorKind::Fenced);
}

TEST_CASE("no partition goes back") {
    const Desk desk(each_warehouse());
    const KafkaOffsetStore store(desk.control);
    must(store.take_over(*desk.session, Offsets{{{"t", 0}, 10, 0}}));
    const Status saved = store.save(*desk.session, Offsets{{{"t", 0}, 9, 1}});
    REQUIRE_FALSE(saved);
    CHECK(saved.error().kind == ErrorKind::Internal);
    CHECK(must(store.read(*desk.session)) == Offsets{{{"t", 0}, 10, 1}});
}
