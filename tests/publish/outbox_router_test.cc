#include "publish/outbox_router.h"

#include "tests/support/catch.h"
#include "tests/support/must.h"

namespace walferry::publish {
namespace {

using testing::must;

Relation outbox_relation(std::vector<std::string> names) {
    Relation relation;
    relation.schema = "public";
    relation.name = "outbox";
    relation.version = 7;
    for (std::string& name : names) relation.columns.push_back({std::move(name), 25, -1, false});
    return relation;
}

ColumnValue text_value(std::string_view text) {
    return {ValueKind::Text, text};
}

ChangeEvent insert_of(const Relation& relation, const std::vector<ColumnValue>& row) {
    ChangeEvent event;
    event.relation = &relation;
    event.after = row;
    return event;
}

}  // namespace

TEST_CASE("an inserted row goes to its aggregate's topic, whatever order the columns have") {
    const Relation relation = outbox_relation({"payload", "type", "aggregateid", "aggregatetype", "id"});
    OutboxRouter router = must(OutboxRouter::make(relation));
    CHECK(router.version() == 7);
    RecordBatch batch;
    const std::vector<ColumnValue> first{text_value(R"({"total": 3})"), text_value("OrderCreated"),
                                         text_value("42"), text_value("Order"), text_value("e-1")};
    const std::vector<ColumnValue> second{
        {}, text_value("OrderGone"), text_value("42"), text_value("Order"), text_value("e-2")};
    must(router.append(insert_of(relation, first), batch));
    must(router.append(insert_of(relation, second), batch));
    REQUIRE(batch.size() == 2);
    CHECK(batch[0].topic == "outbox.event.Order");
    CHECK(batch[0].key == "42");
    CHECK(batch[0].value == R"({"total": 3})");
    CHECK(batch[0].key_header == "id");
    CHECK(batch[0].other_key == "e-1");
    CHECK_FALSE(batch[0].has_context);
    CHECK_FALSE(batch[1].value);
    CHECK(batch[1].other_key == "e-2");
}

TEST_CASE("a row that can't be routed concerns itself alone, and adds nothing") {
    const Relation relation = outbox_relation({"id", "aggregatetype", "aggregateid", "payload"});
    OutboxRouter router = must(OutboxRouter::make(relation));
    RecordBatch batch;
    const std::vector<std::vector<ColumnValue>> rows{
        {{}, text_value("Order"), text_value("1"), text_value("{}")},
        {text_value("e"), {}, text_value("1"), text_value("{}")},
        {text_value("e"), text_value("Order"), {}, text_value("{}")},
        {text_value("e"), text_value("an order"), text_value("1"), text_value("{}")},
        {text_value("e"), text_value(std::string(250, 'o')), text_value("1"), text_value("{}")}};
    for (const auto& row : rows) {
        const Status refused = router.append(insert_of(relation, row), batch);
        REQUIRE(refused.has_error());
        CHECK(refused.error().kind == ErrorKind::Data);
    }
    CHECK(batch.size() == 0);
}

TEST_CASE("an outbox table without a column that the router needs is refused by that column's name") {
    const auto made = OutboxRouter::make(outbox_relation({"id", "aggregatetype", "payload"}));
    REQUIRE(made.has_error());
    CHECK(made.error().kind == ErrorKind::Schema);
    CHECK(made.error().message == "the outbox table public.outbox has no column aggregateid");
}

}  // namespace walferry::publish
