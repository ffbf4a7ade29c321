#include "apply/table_batch.h"

#include "apply/row_fields.h"
#include "tests/apply/plans.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

std::shared_ptr<Table> keyed_table() {
    PlanSpec spec;
    spec.columns = {text_column("k"), text_column("v")};
    spec.key = {"k"};
    return table_of(plan_of(spec));
}

std::shared_ptr<Table> keyless_table() {
    PlanSpec spec;
    spec.columns = {text_column("k"), text_column("v")};
    spec.identity = ReplicaIdentity::Full;
    return table_of(plan_of(spec));
}

struct Folded {
    std::shared_ptr<Table> table;
    Relation relation = relation_of(*table->plans.front());
    Arena arena{};
    TableBatch batch{table, false};

    Status add(const OwnedEvent& event) { return add_to(batch, relation, event, arena); }
};

}  // namespace

TEST_CASE("rows whose keys are TOAST values stay apart") {
    Folded folded{keyed_table()};
    const std::string one(3000, '1');
    const std::string two(3000, '2');
    for (const std::string& key : {one, two, one}) {
        REQUIRE(folded.add(
            update_of({unchanged_cell, cell("v" + key.substr(0, 1))}, Cells{cell(key), null_cell})));
    }
    REQUIRE(upserted(folded.batch).net().size() == 2);
    for (const NetChange& change : upserted(folded.batch).net().changes()) {
        CHECK(change.existed);
        CHECK(change.present);
        CHECK_FALSE(change.has_unchanged);
    }
}

TEST_CASE("an insert without the value of a TOAST column is refused, with the way out") {
    Folded folded{keyed_table()};
    const Status added = folded.add(insert_of({cell("k"), unchanged_cell}));
    REQUIRE_FALSE(added);
    CHECK(added.error().kind == ErrorKind::Refused);
    CHECK(added.error().way_out.find("REPLICA IDENTITY FULL") != std::string::npos);
}

TEST_CASE("full identity fills unchanged values from the old image") {
    Folded folded{keyless_table()};
    REQUIRE(folded.add(update_of({cell("k2"), unchanged_cell}, Cells{cell("k"), cell("toast")}, true)));
    auto counts = upserted(folded.batch).rows().counts();
    REQUIRE(counts.size() == 2);
    CHECK(counts[0].count == -1);
    CHECK(counts[1].count == +1);
    CHECK(std::string(counts[1].row).find("toast") != std::string::npos);
}

TEST_CASE("an update of a table without key that changes nothing counts nothing") {
    Folded folded{keyless_table()};
    REQUIRE(folded.add(update_of({cell("k"), unchanged_cell}, Cells{cell("k"), cell("toast")}, true)));
    REQUIRE(upserted(folded.batch).rows().size() == 1);
    CHECK(upserted(folded.batch).rows().counts()[0].count == 0);
}

TEST_CASE("a change of a table without key that has no full old image is recorded only") {
    Folded folded{keyless_table()};
    const auto event = GENERATE(update_of({cell("k"), cell("v")}), delete_of({cell("k"), null_cell}));
    CHECK(folded.add(event));
    CHECK_FALSE(folded.batch.folded());
    CHECK(folded.batch.size() == 1);
}

TEST_CASE("a truncate forgets what came before it and keeps what comes after") {
    Folded folded{GENERATE(keyed_table(), keyless_table())};
    REQUIRE(folded.add(insert_of({cell("before"), cell("v")})));
    REQUIRE(folded.add(truncate_event()));
    CHECK(folded.batch.size() == 0);
    REQUIRE(folded.add(insert_of({cell("after"), cell("v")})));
    CHECK(upserted(folded.batch).truncated());
    CHECK(folded.batch.size() == 1);
    CHECK(folded.batch.counts().inserts == 2);
    CHECK(folded.batch.counts().truncates == 1);
    CHECK(folded.batch.counts().total() == 3);
}

TEST_CASE("a truncate is kept in its place among kept changes") {
    const auto table = keyed_table();
    Arena arena;
    TableBatch batch(table, true);
    const Relation relation = relation_of(*table->plans.front());
    REQUIRE(add_to(batch, relation, insert_of({cell("k"), cell("v")}), arena));
    REQUIRE(add_to(batch, relation, truncate_event(), arena));
    CHECK(batch.events().size() == 2);
    CHECK(batch.targets().empty());
}

TEST_CASE("a relation that changes its order of columns in mid-batch is read in its new order") {
    Folded folded{keyed_table()};
    REQUIRE(folded.add(insert_of({cell("k1"), cell("v1")})));
    folded.relation.version = 2;
    std::swap(folded.relation.columns[0], folded.relation.columns[1]);
    REQUIRE(folded.add(insert_of({cell("v2"), cell("k2")})));
    const NetChange& change = upserted(folded.batch).net().changes()[1];
    CHECK(change.key.substr(sizeof(std::int32_t)) == "k2");
}

}  // namespace walferry
