#include "config/listen_address.h"

#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a listen address is a host and a port") {
    const auto ipv4 = parse_listen_address("127.0.0.1:8087");
    REQUIRE(ipv4);
    CHECK(ipv4->host == "127.0.0.1");
    CHECK(ipv4->port == 8087);
    CHECK(ipv4->loopback);
    const auto ipv6 = parse_listen_address("[::1]:80");
    REQUIRE(ipv6);
    CHECK(ipv6->host == "::1");
    CHECK(ipv6->loopback);
    CHECK(parse_listen_address("localhost:0")->loopback);
    CHECK(parse_listen_address("127.9.9.9:65535")->loopback);
}

TEST_CASE("only loopback is loopback") {
    for (const char* text : {"0.0.0.0:80", "[::]:80", "10.0.0.1:80", "db.example.com:80",
                             "localhost.evil.com:80", "127.evil.com:80", "[::ffff:10.0.0.1]:80"}) {
        CAPTURE(text);
        const auto address = parse_listen_address(text);
        REQUIRE(address);
        CHECK_FALSE(address->loopback);
    }
}

TEST_CASE("what is no listen address is refused") {
    for (const char* text : {"", ":", ":80", "localhost", "localhost:", "localhost:65536", "localhost:-1",
                             "localhost:-0", "localhost:+1", "localhost:http", "::1:80", "[::1]", "[::1:80",
                             "[]:80", "127.0.0.300:80", "127.1:80", "a b:80", "http://localhost:80"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_listen_address(text).has_value());
    }
}
