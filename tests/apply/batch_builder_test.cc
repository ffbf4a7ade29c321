#include "apply/batch_builder.h"

#include "tests/apply/plans.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

constexpr RelationId wanted_id = 7;
constexpr RelationId unwanted_id = 8;

/// A builder with one wanted table.
struct Building {
    explicit Building(TableState state = TableState::Streaming, BatchLimits limits = {1000, 1u << 20})
        : table(table_of(plan(), state)),
          relation(relation_of(*table->plans.front())),
          builder(
              limits, registry,
              [this](const Relation& seen) -> Result<std::shared_ptr<Table>> {
                  ++resolved;
                  return seen.id == wanted_id ? table : nullptr;
              },
              Lsn{100}) {
        registry.add(table);
    }

    static TablePlan plan() {
        PlanSpec spec;
        spec.columns = {text_column("k")};
        spec.key = {"k"};
        return plan_of(spec);
    }

    void begin(std::uint64_t commit_lsn) {
        transaction = Transaction{5, Lsn{commit_lsn}, Lsn{commit_lsn + 10}, static_cast<PgTime>(commit_lsn)};
        REQUIRE(builder.begin(transaction));
    }
    void commit() { builder.commit(transaction); }
    void insert(const std::string& key, RelationId id = wanted_id) {
        Relation of = relation;
        of.id = id;
        const std::vector<ColumnValue> row{{ValueKind::Text, key}};
        ChangeEvent event;
        event.relation = &of;
        event.after = row;
        event.sequence = {transaction.commit_lsn, 0};
        REQUIRE(builder.change(event));
    }
    void transact(std::uint64_t commit_lsn, const std::string& key) {
        begin(commit_lsn);
        insert(key);
        commit();
    }

    int resolved = 0;
    TableRegistry registry;
    std::shared_ptr<Table> table;
    Relation relation;
    Transaction transaction;
    BatchBuilder builder;
};

}  // namespace

TEST_CASE("a batch can be taken at a commit and not before") {
    Building building;
    CHECK_FALSE(building.builder.can_take_complete());
    building.begin(200);
    building.insert("a");
    CHECK_FALSE(building.builder.can_take_complete());
    building.commit();
    CHECK(building.builder.can_take_complete());
    const auto batch = building.builder.take();
    CHECK(batch->complete);
    CHECK(batch->position == Lsn{210});
    CHECK(batch->transactions == 1);
    CHECK(batch->events == 1);
    CHECK(batch->rows() == 1);
    CHECK(batch->first_commit_time == 200);
    CHECK_FALSE(building.builder.can_take_complete());
    CHECK_FALSE(building.builder.has_changes());
}

TEST_CASE("transactions that come while nobody takes them grow into one batch") {
    Building building;
    building.transact(200, "a");
    building.transact(300, "b");
    building.transact(400, "a");
    const auto batch = building.builder.take();
    CHECK(batch->transactions == 3);
    CHECK(batch->rows() == 2);
    CHECK(batch->position == Lsn{410});
    CHECK(batch->first_commit_time == 200);
    CHECK(batch->last_commit_time == 400);
}

TEST_CASE("a transaction larger than a batch comes in steps of which only the last is complete") {
    Building building(TableState::Streaming, {2, 1u << 20});
    building.transact(150, "earlier");
    building.begin(200);
    building.insert("a");
    CHECK(building.builder.full());
    const auto first = building.builder.take();
    CHECK_FALSE(first->complete);
    // The position of the step is only that of the commits before it.
    CHECK(first->position == Lsn{160});
    building.insert("b");
    CHECK_FALSE(building.builder.full());
    building.insert("c");
    CHECK(building.builder.full());
    CHECK_FALSE(building.builder.can_take_complete());
    CHECK_FALSE(building.builder.take()->complete);
    building.commit();
    CHECK(building.builder.can_take_complete());
    const auto last = building.builder.take();
    CHECK(last->complete);
    CHECK(last->position == Lsn{210});
    CHECK_FALSE(last->has_changes());
}

TEST_CASE("a backlog of transactions smaller than a batch is cut at commits only") {
    Building building(TableState::Streaming, {1000, 1u << 20});
    int batches = 0;
    std::size_t rows = 0;
    for (std::uint64_t lsn = 200; lsn < 200 + 100 * 37; lsn += 37) {
        building.begin(lsn);
        for (int i = 0; i < 33; ++i) {
            building.insert(std::to_string(lsn + i));
            REQUIRE_FALSE(building.builder.full());
        }
        building.commit();
        if (!building.builder.full()) continue;
        const auto batch = building.builder.take();
        CHECK(batch->complete);
        CHECK(batch->rows() <= 1000);
        rows += batch->rows();
        ++batches;
    }
    CHECK(batches == 4);
    CHECK(rows + building.builder.take()->rows() == 3300);
}

TEST_CASE("big rows fill a batch by their bytes") {
    Building building(TableState::Streaming, {1000, 10'000});
    building.begin(200);
    building.insert(std::string(5000, 'a'));
    CHECK_FALSE(building.builder.full());
    building.insert(std::string(6000, 'b'));
    CHECK(building.builder.full());
}

TEST_CASE("a keepalive between transactions moves the position") {
    Building building;
    building.builder.position({Lsn{300}, false});
    CHECK(building.builder.can_take_complete());
    CHECK_FALSE(building.builder.save_soon());
    building.builder.position({Lsn{250}, true});
    CHECK(building.builder.position() == Lsn{300});
    CHECK(building.builder.save_soon());
    const auto batch = building.builder.take();
    CHECK(batch->position == Lsn{300});
    CHECK(batch->save_soon);
    CHECK_FALSE(batch->has_changes());
}

TEST_CASE("a keepalive inside a transaction is ignored") {
    Building building;
    building.begin(200);
    building.builder.position({Lsn{300}, true});
    CHECK(building.builder.position() == Lsn{100});
    CHECK_FALSE(building.builder.save_soon());
    building.commit();
    CHECK(building.builder.position() == Lsn{210});
}

TEST_CASE("changes of unwanted tables are skipped and counted, and asked about once") {
    Building building;
    building.begin(200);
    for (int i = 0; i < 3; ++i) {
        building.insert("x", unwanted_id);
        building.insert("a");
    }
    building.commit();
    CHECK(building.builder.skipped_events() == 3);
    CHECK(building.resolved == 1);
    const auto batch = building.builder.take();
    CHECK(batch->events == 6);
    CHECK(batch->tables.size() == 1);
}

TEST_CASE("an unwanted table is asked about again when its shape has changed, and found once it is added") {
    Building building;
    building.begin(200);
    building.insert("x", unwanted_id);
    building.relation.version = 2;
    building.insert("x", unwanted_id);
    CHECK(building.resolved == 2);
    CHECK(building.builder.skipped_events() == 2);
    TablePlan plan = Building::plan();
    plan.source.id = unwanted_id;
    building.registry.add(table_of(plan, TableState::Copying));
    building.insert("x", unwanted_id);
    building.commit();
    CHECK(building.builder.skipped_events() == 2);
    CHECK(building.resolved == 2);
    CHECK(building.builder.take()->tables.at(unwanted_id).keeps());
}

TEST_CASE("changes outside of a transaction and nested transactions are protocol errors") {
    Building building;
    ChangeEvent event;
    event.relation = &building.relation;
    const Status changed = building.builder.change(event);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().kind == ErrorKind::Protocol);
    building.begin(200);
    const Status begun = building.builder.begin(building.transaction);
    REQUIRE_FALSE(begun);
    CHECK(begun.error().kind == ErrorKind::Protocol);
}

TEST_CASE("a table that is being copied has its changes kept") {
    Building building(TableState::Copying);
    building.transact(200, "a");
    const auto batch = building.builder.take();
    CHECK(batch->tables.at(wanted_id).keeps());
    CHECK(batch->turning_direct.empty());
}

TEST_CASE("a table turns direct once, in the batch that says so") {
    Building building(TableState::CatchingUp);
    building.transact(200, "kept");
    building.registry.ask_direct(*building.table);
    building.registry.ask_direct(*building.table);
    CHECK(building.registry.turning() == 1);
    building.transact(300, "kept, too: its batch had begun");
    const auto before = building.builder.take();
    CHECK(before->tables.at(wanted_id).keeps());
    CHECK(before->turning_direct.empty());

    building.transact(400, "direct");
    const auto turning = building.builder.take();
    CHECK_FALSE(turning->tables.at(wanted_id).keeps());
    REQUIRE(turning->turning_direct.size() == 1);
    CHECK(turning->turning_direct[0] == building.table);
    CHECK(building.registry.turning() == 0);

    building.transact(500, "direct");
    const auto after = building.builder.take();
    CHECK_FALSE(after->tables.at(wanted_id).keeps());
    CHECK(after->turning_direct.empty());
}

TEST_CASE("a quiet table turns direct in a batch without changes of it") {
    Building building(TableState::CatchingUp);
    CHECK_FALSE(building.builder.can_take_complete());
    building.registry.ask_direct(*building.table);
    CHECK(building.builder.can_take_complete());
    const auto batch = building.builder.take();
    CHECK(batch->complete);
    CHECK(batch->position == Lsn{100});
    REQUIRE(batch->turning_direct.size() == 1);
    CHECK_FALSE(building.builder.can_take_complete());
    CHECK(building.builder.take()->turning_direct.empty());
}

TEST_CASE("a quiet table does not turn direct within the steps of a transaction") {
    Building building(TableState::CatchingUp);
    building.registry.ask_direct(*building.table);
    building.begin(200);
    CHECK_FALSE(building.builder.can_take_complete());
    CHECK(building.builder.take()->turning_direct.empty());
    building.commit();
    CHECK(building.builder.take()->turning_direct.size() == 1);
}

}  // namespace walferry
