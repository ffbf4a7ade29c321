#include "apply/schema/storage_change.h"

#include "tests/apply/schema/shapes.h"
#include "tests/support/catch.h"

namespace walferry::testing {

TEST_CASE("a rewrite by ALTER TABLE is told from TRUNCATE and VACUUM FULL") {
    const TableStorage known = known_table().storage;
    TableStorage now = known;
    CHECK(compare_storage(known, now).empty());
    now.leaves[7].file_node = 200;
    CHECK(compare_storage(known, now).empty());
    now.marks[3] = 60;
    CHECK(compare_storage(known, now).rewritten);
    now.leaves[7].file_node = 100;
    CHECK(compare_storage(known, now).empty());  // SET NOT NULL, SET STATISTICS
    CHECK(compare_storage({}, now).empty());
}

TEST_CASE("partitions that were made, attached and detached are told apart") {
    TableStorage known = known_table().storage;
    known.leaves = {{10, {1, true}}, {11, {2, true}}};
    TableStorage now = known;
    now.leaves.erase(11);
    now.leaves[12] = {3, true};
    now.leaves[13] = {4, false};
    const StorageChange change = compare_storage(known, now);
    CHECK(change.made == std::vector<RelationId>{12});
    CHECK(change.attached == std::vector<RelationId>{13});
    CHECK(change.gone == std::vector<RelationId>{11});
    CHECK_FALSE(change.rewritten);
}

}  // namespace walferry::testing
