#include "pipeline/resync/table_names.h"

#include "tests/support/catch.h"

using namespace walferry;

namespace {

const std::vector<SchemaTable> tables{
    {"public", "orders"}, {"public", "customers"}, {"archive", "orders"}, {"a.b", "c.d"}};

std::string problem(const std::string& name) {
    const auto found = find_table(name, tables);
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::Data);
    return found.error().message;
}

}  // namespace

TEST_CASE("a table is found by its full name, and by its own where that says which") {
    CHECK(find_table("archive.orders", tables).value() == 2);
    CHECK(find_table("customers", tables).value() == 1);
    CHECK(find_table("a.b.c.d", tables).value() == 3);
    CHECK(find_table("c.d", tables).value() == 3);
    CHECK(problem("orders") == "orders can be any of public.orders, archive.orders: name its schema, too");
}

TEST_CASE("an unknown table is told with the names that are near") {
    CHECK(problem("public.order") == "the pipeline has no table public.order; near to it: public.orders");
    CHECK(problem("custmoers") == "the pipeline has no table custmoers; near to it: public.customers");
    CHECK(problem("xyz") == "the pipeline has no table xyz");
    CHECK(problem("") == "the pipeline has no table ");
}
