#include "kafka/topic_patterns.h"

#include "tests/support/catch.h"

namespace walferry {
namespace {

bool matches(const std::string& pattern, const std::string& topic) {
    return TopicPatterns::parse({pattern}).value().matches(topic);
}

TEST_CASE("a topic's name, glob or regular expression matches whole names") {
    CHECK(matches("shop.public.orders", "shop.public.orders"));
    CHECK_FALSE(matches("shop.public.orders", "shop.public.orders2"));
    CHECK_FALSE(matches("shop.public.orders", "shop-public-orders"));
    CHECK(matches("shop.public.*", "shop.public.orders"));
    CHECK_FALSE(matches("shop.public.*", "shop-public.orders"));
    CHECK_FALSE(matches("shop.public.*", "my.shop.public.orders"));
    CHECK(matches("shop.?", "shop.x"));
    CHECK_FALSE(matches("shop.?", "shop.xy"));
    CHECK(matches("shop_[a-c]", "shop_b"));
    CHECK_FALSE(matches("shop_[!a-c]", "shop_b"));
    CHECK(matches("shop_[!a-c]", "shop_d"));
    CHECK(matches("a\\*b", "a*b"));
    CHECK_FALSE(matches("a\\*b", "axb"));
    CHECK(matches("^shop\\.public\\.(a|b)$", "shop.public.b"));
    CHECK(matches("^shop", "shop.public.b"));
}

TEST_CASE("a list of topics keeps names apart from patterns") {
    const auto topics = TopicPatterns::parse({"a.b", "c.*", "^d"}).value();
    CHECK(topics.names() == std::vector<std::string>{"a.b"});
    CHECK(topics.subscription() == std::vector<std::string>{"a.b", "^c\\..*$", "^d"});
    CHECK(topics.matches("a.b"));
    CHECK(topics.matches("d7"));
    CHECK_FALSE(topics.matches("e"));
}

TEST_CASE("a pattern of topics that can't be read is named") {
    for (const std::string pattern : {"", "^a(", "a[b"}) {
        const auto topics = TopicPatterns::parse({"fine", pattern});
        REQUIRE(topics.has_error());
        CHECK(topics.error().kind == ErrorKind::Configuration);
        CHECK_THAT(topics.error().message, CONTAINS_TEXT("\"" + pattern + "\""));
    }
    CHECK(TopicPatterns::parse({}).has_error());
}

}  // namespace
}  // namespace walferry
