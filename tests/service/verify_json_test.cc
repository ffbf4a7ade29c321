#include "service/verify_json.h"

#include "tests/support/catch.h"

using namespace walferry;

namespace {

Difference changed() {
    Difference difference;
    difference.table = "public.orders";
    difference.target = "public.orders_history";
    difference.key = R"({"id": 5, "day": "2026-01-01"})";
    difference.kind = DifferenceKind::Changed;
    difference.columns = {{"total", "1.10", std::nullopt}};
    return difference;
}

}  // namespace

TEST_CASE("a difference is a line of table, key and kind, with tabs between them") {
    CHECK(difference_line(difference_json(changed()), false) ==
          "public.orders\t{\"id\": 5, \"day\": \"2026-01-01\"}\tchanged");
}

TEST_CASE("a verbose line goes on with target, columns, both values and the dead letter") {
    Difference difference = changed();
    difference.has_values = true;
    difference.dead_letter = 17;
    CHECK(difference_line(difference_json(difference), true) ==
          "public.orders\t{\"id\": 5, \"day\": \"2026-01-01\"}\tchanged\tpublic.orders_history\ttotal "
          "\"1.10\" → null\tdead letter 17");
}

TEST_CASE("a repair is at the end of the line, or why there was none") {
    Difference difference = changed();
    difference.repaired = true;
    CHECK(difference_line(difference_json(difference), false).ends_with("changed\trepaired"));
    difference.repaired = false;
    difference.repair_failure = "it has no key";
    CHECK(difference_line(difference_json(difference), false)
              .ends_with("changed\tnot repaired: it has no key"));
}

TEST_CASE("options go to the service and back as they are, and nothing else is taken") {
    VerifyOptions options;
    options.tables = {"public.a", "x.*"};
    options.repair = true;
    options.rows_per_second = 1000;
    options.limit = 7;
    options.where = "note = 'a \"b\"'";
    options.partition = "public.a_2026";
    const auto read = parse_verify_options(verify_options_json(options));
    REQUIRE(read);
    CHECK(read->tables == options.tables);
    CHECK(read->repair);
    CHECK_FALSE(read->values);
    CHECK(read->rows_per_second == 1000);
    CHECK(read->limit == 7);
    CHECK(read->where == options.where);
    CHECK(read->partition == options.partition);
    CHECK(parse_verify_options(""));
    for (const char* wrong : {"[]", "{\"tables\": \"a\"}", "{\"tables\": [1]}", "{\"limit\": -1}",
                              "{\"where\": 1}", "{\"partition\": []}", "{\"x\": 1}"}) {
        INFO(wrong);
        CHECK_FALSE(parse_verify_options(wrong));
    }
}

TEST_CASE("an error keeps its kind, message and way out on its way to the command") {
    const Error error = error_of_json(error_json({ErrorKind::Configuration, "no such table", "look", ""}));
    CHECK(error.kind == ErrorKind::Configuration);
    CHECK(error.message == "no such table");
    CHECK(error.way_out == "look");
}
