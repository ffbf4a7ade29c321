#include "service/debezium_import/connector_file.h"

#include "service/debezium_import/java_properties.h"
#include "service/debezium_import/table_globs.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Texts = std::vector<std::string>;

std::string file_problem(const std::string& text) {
    const auto file = read_connector_file(text);
    return file ? "" : file.error().message;
}

}  // namespace

TEST_CASE("properties are read as Java reads them") {
    CHECK(read_java_properties("# x\n  ! y\n\na=b\r\nc : d\r e f=g\n\th\n").value() ==
          Pairs{{"a", "b"}, {"c", "d"}, {"e", "f=g"}, {"h", ""}});
    CHECK(read_java_properties("a=1,\\\n   2\\\\\nb\\=\\:\\ c==d\nt=\\t\\q\\u00e9\\uD83D\\uDE00\n").value() ==
          Pairs{{"a", "1,2\\"}, {"b=: c", "=d"}, {"t", "\tq\u00e9\U0001F600"}});
    CHECK(read_java_properties("a=b\\\n# no comment\n").value() == Pairs{{"a", "b# no comment"}});
    CHECK(read_java_properties("a=b\\").value() == Pairs{{"a", "b"}});
    for (const char* broken : {"a=\\u12", "a=\\uD800", "a=\\uDC00", "a=\\uD800\\u0041", "a=\\uzzzz"}) {
        CAPTURE(broken);
        CHECK_FALSE(read_java_properties(std::string("x=1\n") + broken).has_value());
    }
    CHECK_THAT(read_java_properties("x=1\na=\\u12").error().message, CONTAINS_TEXT("line 2"));
}

TEST_CASE("a connector is read with its name and what stands beside it") {
    const auto file = read_connector_file(
        R"({"name": "n", "config": {"connector.class": "c", "tasks.max": 1, "x": true, "y": null}, "tasks": []})");
    REQUIRE(file.has_value());
    CHECK(file.value().name == "n");
    CHECK(file.value().settings ==
          std::map<std::string, std::string>{{"connector.class", "c"}, {"tasks.max", "1"}, {"x", "true"}});
    CHECK(file.value().beside == Texts{"tasks"});
    CHECK(read_connector_file("connector.class=c\nname=n\n").value().name == "n");
}

TEST_CASE("a file that is no connector is refused") {
    CHECK_THAT(file_problem(""), CONTAINS_TEXT("connector.class"));
    CHECK_THAT(file_problem("{"), CONTAINS_TEXT("no JSON"));
    CHECK_THAT(file_problem("{\"connector.class\": [1]}"), CONTAINS_TEXT("is a list or a map"));
    CHECK(file_problem("{\"a\": \"1\", \"a\": \"2\"}") == "a stands there twice");
    CHECK(file_problem("a=1\na=2\n") == "a stands there twice");
    CHECK_THAT(file_problem("{\"name\": \"x\", \"config\": {}}"), CONTAINS_TEXT("connector.class"));
}

TEST_CASE("a regular expression becomes globs that match the same, or nothing") {
    const auto globs = [](const char* regex, int dots = 1) {
        return globs_of_regex(regex, dots).value_or(Texts{"none"});
    };
    CHECK(globs("public\\.orders") == Texts{"public.orders"});
    CHECK(globs("public.orders") == Texts{"public.orders"});
    CHECK(globs("public\\.a.c") == Texts{"public.a?c"});
    CHECK(globs("^public[.]order_.*$") == Texts{"public.order_*"});
    CHECK(globs(".*") == Texts{"*"});
    CHECK(globs("public\\..+") == Texts{"public.?*"});
    CHECK(globs("(a|b)\\.(?:x|y)") == Texts{"a.x", "a.y", "b.x", "b.y"});
    CHECK(globs("a\\.x|b\\.y") == Texts{"a.x", "b.y"});
    CHECK(globs("a\\.x[^0-9]\\d") == Texts{"a.x[!0-9][0-9]"});
    CHECK(globs("a\\.\\*") == Texts{"a.\\*"});
    CHECK(globs(".*.public.email", 2) == Texts{"*.public.email"});
    for (const char* regex : {"a\\.b+", "a\\.b?", "a\\.(b)*", "(?!a).*", "a\\.[b", "a\\.(b", "a\\.b)",
                              "a\\.\\p{L}", "a\\.b{2}", "a\\.[\\w]", "", "a\\.[0-9]+", "a\\.$b"}) {
        CAPTURE(regex);
        CHECK(globs(regex) == Texts{"none"});
    }
    CHECK(split_regex_list(" a\\.b , c\\,d,,e ") == Texts{"a\\.b", "c,d", "e"});
    CHECK(literal_of_glob("a\\*.b") == "a*.b");
    CHECK_FALSE(literal_of_glob("a.[b]").has_value());
}
