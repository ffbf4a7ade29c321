#include "config/environment.h"

#include <cstdlib>

#include "tests/support/catch.h"

using namespace walferry;

namespace {

std::string expanded(const char* text) {
    const auto result = expand_environment(text);
    return result ? result.value() : "error: " + result.error().message;
}

}  // namespace

TEST_CASE("variables are expanded once, with defaults for unset and empty ones") {
    setenv("WALFERRY_TEST_SET", "v${WALFERRY_TEST_EMPTY}", 1);
    setenv("WALFERRY_TEST_EMPTY", "", 1);
    unsetenv("WALFERRY_TEST_UNSET");
    CHECK(expanded("a${WALFERRY_TEST_SET}b") == "av${WALFERRY_TEST_EMPTY}b");
    CHECK(expanded("${WALFERRY_TEST_EMPTY}").empty());
    CHECK(expanded("${WALFERRY_TEST_EMPTY:-d}") == "d");
    CHECK(expanded("${WALFERRY_TEST_UNSET:-d:-e}/${WALFERRY_TEST_UNSET:-}") == "d:-e/");
}

TEST_CASE("a dollar that starts no variable stands for itself") {
    CHECK(expanded("").empty());
    CHECK(expanded("$") == "$");
    CHECK(expanded("pa$$word$1$NAME") == "pa$$word$1$NAME");
    CHECK(expanded("$${HOME}") == "${HOME}");
    CHECK(expanded("$$${HOME}") == "$${HOME}");
}

TEST_CASE("a variable that is not there or not well formed is an error") {
    unsetenv("WALFERRY_TEST_UNSET");
    CHECK(expanded("${WALFERRY_TEST_UNSET}") ==
          "error: the environment variable WALFERRY_TEST_UNSET is not set, allowed: set it, or write "
          "${WALFERRY_TEST_UNSET:-default}");
    for (const char* text : {"${", "${X", "${}", "${1X}", "${A B}", "${A-b}", "${:-x}"}) {
        CAPTURE(text);
        CHECK_FALSE(expand_environment(text).has_value());
    }
}
