#include "publish/topic_names.h"

#include "tests/support/catch.h"

namespace walferry::publish {

TEST_CASE("what Kafka does not allow in a topic becomes an underscore, by UTF-16's characters") {
    CHECK(table_topic("shop", {"public", "orders"}) == "shop.public.orders");
    CHECK(table_topic("a_default", {"types", "Odd Tbl.é$1"}) == "a_default.types.Odd_Tbl.__1");
    CHECK(table_topic("s", {"p", "漢字😀-x_9"}) == "s.p.____-x_9");
    CHECK(heartbeat_topic("shop") == "__debezium-heartbeat.shop");
}

TEST_CASE("tables that would share a topic are found") {
    const std::vector<TableName> tables{{"p", "b"},  {"p", "a$"},    {"p", "a b"},
                                        {"p", "a?"}, {"p", "a b.c"}, {"p.a_b", "c"}};
    const auto collisions = find_topic_collisions("s", tables);
    REQUIRE(collisions.size() == 2);
    CHECK(collisions[0].topic == "s.p.a_");
    CHECK(collisions[0].tables == std::vector<TableName>{{"p", "a$"}, {"p", "a?"}});
    CHECK(collisions[1].topic == "s.p.a_b.c");
    CHECK(collisions[1].tables == std::vector<TableName>{{"p", "a b.c"}, {"p.a_b", "c"}});
    CHECK(find_topic_collisions("s", std::span(tables).first(2)).empty());
}

}  // namespace walferry::publish
