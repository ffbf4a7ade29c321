#include "service/text_table.h"

#include "service/result_json.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

const QueryResult answer{{"id", "name"},
                         {{"1", "Jörg"}, {"22", std::nullopt}, {"3", "a,\"b\"\nc"}, {"4", ""}}};

}  // namespace

TEST_CASE("a result is printed in aligned columns, one line a row") {
    CHECK(table_text(answer) ==
          " id | name\n"
          "----+----------\n"
          " 1  | Jörg\n"
          " 22 |\n"
          " 3  | a,\"b\"\\nc\n"
          " 4  |\n"
          "(4 rows)\n");
}

TEST_CASE("CSV tells NULL from an empty text") {
    CHECK(csv_text(answer) == "id,name\n1,Jörg\n22,\n3,\"a,\"\"b\"\"\nc\"\n4,\"\"\n");
}

TEST_CASE("a result survives the way through JSON") {
    const auto read = parse_result_json(result_json(answer));
    REQUIRE(read);
    CHECK(read->columns == answer.columns);
    CHECK(read->rows == answer.rows);
    CHECK_FALSE(parse_result_json("[]"));
    CHECK_FALSE(parse_result_json("nonsense"));
}
