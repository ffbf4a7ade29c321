#include "kafka/registry_url.h"

#include "kafka/schema_registry.h"
#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a registry's URL says host, port, path, and who asks") {
    const auto plain = parse_registry_url("http://127.0.0.1:8081");
    REQUIRE(plain);
    CHECK(plain->host == "127.0.0.1");
    CHECK(plain->port == 8081);
    CHECK(plain->path.empty());
    CHECK_FALSE(plain->tls);
    const auto whole = parse_registry_url("https://me%40x:p%3Aw@[::1]/apis/ccompat/v7/");
    REQUIRE(whole);
    CHECK(whole->tls);
    CHECK(whole->user == "me@x");
    CHECK(whole->password == "p:w");
    CHECK(whole->host == "::1");
    CHECK(whole->port == 443);
    CHECK(whole->path == "/apis/ccompat/v7");
}

TEST_CASE("what is no registry's URL is refused without its password") {
    for (const char* text : {"", "registry:8081", "ftp://registry", "http://", "http://:8081", "http://h:0",
                             "http://h:70000", "http://h:80x", "http://h/?a=b", "http://h /", "http://@h",
                             "http://u%4:p@h", "http://[::1", "http://h#x"}) {
        INFO(text);
        CHECK_FALSE(parse_registry_url(text));
    }
    const auto opened = SchemaRegistry::open({"http://user:secret@host:x"});
    REQUIRE(opened.has_error());
    CHECK(opened.error().kind == ErrorKind::Configuration);
    CHECK(describe(opened.error()).find("secret") == std::string::npos);
}

TEST_CASE("a subject's name is percent-encoded") {
    CHECK(percent_encoded("shop.public.a/b ü-key") == "shop.public.a%2Fb%20%C3%BC-key");
}
