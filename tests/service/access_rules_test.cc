#include "service/access_rules.h"

#include "tests/support/catch.h"

using namespace walferry;

namespace {

const ListenAddress loopback{"127.0.0.1", 8087, true};
const ListenAddress everywhere{"0.0.0.0", 8087, false};
const ListenAddress named{"Ferry.Internal", 8087, false};

}  // namespace

TEST_CASE("loopback names pass as Host on every listen address") {
    for (const ListenAddress& listen : {loopback, everywhere, named}) {
        for (const char* host : {"localhost", "localhost:8087", "LocalHost.:1", "127.0.0.1", "127.9.9.9:80",
                                 "[::1]:8087", "ferry.localhost", ""}) {
            INFO(host << " on " << listen.host);
            CHECK(host_is_ours(host, listen));
        }
    }
}

TEST_CASE("a foreign Host is refused") {
    for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                             "evil.example:8087", "::1x", "[::2]:8087", "10.0.0.7", "127.0.0"}) {
        INFO(host);
        CHECK_FALSE(host_is_ours(host, loopback));
    }
    CHECK_FALSE(host_is_ours("evil.example", everywhere));
    CHECK_FALSE(host_is_ours("evil.example", named));
}

TEST_CASE("the listen host passes, and addresses do where all addresses are listened on") {
    CHECK(host_is_ours("ferry.internal:8087", named));
    CHECK(host_is_ours("10.0.0.7:8087", everywhere));
    CHECK(host_is_ours("[2001:db8::7]:8087", everywhere));
    CHECK_FALSE(host_is_ours("10.0.0.7", named));
}

TEST_CASE("only this server's own pages pass as Origin") {
    CHECK(origin_is_ours("", loopback));
    CHECK(origin_is_ours("http://127.0.0.1:8087", loopback));
    CHECK_FALSE(origin_is_ours("https://evil.example", loopback));
    CHECK_FALSE(origin_is_ours("null", loopback));
    CHECK_FALSE(origin_is_ours("http://", loopback));
}

TEST_CASE("changes come from pages of the address that is asked, or from no page") {
    CHECK(origin_is_host("", "127.0.0.1:8087"));
    CHECK(origin_is_host("http://127.0.0.1:8087", "127.0.0.1:8087"));
    CHECK(origin_is_host("https://Ferry.Internal", "ferry.internal"));
    for (const char* origin : {"http://127.0.0.1:3000", "http://127.0.0.1", "http://localhost:8087", "null",
                               "127.0.0.1:8087", "http://127.0.0.1:8087.evil.example"}) {
        INFO(origin);
        CHECK_FALSE(origin_is_host(origin, "127.0.0.1:8087"));
    }
    CHECK_FALSE(origin_is_host("http://", ""));
}

TEST_CASE("JSON is what says so, whatever its parameters") {
    for (const char* type : {"application/json", "application/json; charset=utf-8", "Application/JSON ;x"})
        CHECK(is_json(type));
    for (const char* type : {"", "text/plain", "text/plain; application/json", "application/jsonp",
                             "application/x-www-form-urlencoded", "multipart/form-data"})
        CHECK_FALSE(is_json(type));
}

TEST_CASE("a token is compared whole") {
    CHECK(token_is_right("", ""));
    CHECK(token_is_right("Bearer secret", "secret"));
    CHECK(token_is_right("bearer secret", "secret"));
    for (const char* given : {"", "secret", "Bearer", "Bearer ", "Bearer secre", "Bearer secrett",
                              "Bearer secretsecret", "Bearer SECRET", "Basic secret"}) {
        INFO(given);
        CHECK_FALSE(token_is_right(given, "secret"));
    }
}
