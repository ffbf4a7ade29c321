#include "config/webhook_url.h"

#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a webhook's URL is taken apart") {
    const auto full = parse_webhook_url("https://hooks.example.com:8443/a/b?c=d%20e");
    REQUIRE(full);
    CHECK(full->tls);
    CHECK(full->host == "hooks.example.com");
    CHECK(full->port == 8443);
    CHECK(full->target == "/a/b?c=d%20e");
    const auto bare = parse_webhook_url("http://localhost");
    REQUIRE(bare);
    CHECK_FALSE(bare->tls);
    CHECK(bare->port == 80);
    CHECK(bare->target == "/");
    CHECK(parse_webhook_url("https://x?y")->target == "/?y");
    CHECK(parse_webhook_url("https://x/")->port == 443);
    CHECK(parse_webhook_url("http://[fe80::1]/x")->host == "fe80::1");
    CHECK(parse_webhook_url("http://[::1]:81/x")->port == 81);
}

TEST_CASE("what is no such URL is refused") {
    for (const char* text :
         {"", "x", "ftp://x/", "HTTP://x", "http://", "http:///x", "http://:80/", "http://x:0/",
          "http://x:65536/", "http://x:y/", "http://u:p@x/", "http://x/a b", "http://x/#y", "http://[::g]/",
          "http://x/\n", "http://x/\xc3\xbc", "http://1.2.3/"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_webhook_url(text));
    }
}
