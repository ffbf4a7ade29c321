#include "capture/pgoutput/relation_cache.h"

#include "capture/pgoutput/decoder.h"
#include "tests/capture/wire.h"
#include "tests/support/catch.h"

using namespace walferry;
using walferry::testing::relation_message;

namespace {

const Relation* arrive(RelationCache& cache, const std::string& message) {
    Decoder decoder;
    auto decoded = decoder.decode(message);
    REQUIRE(decoded.has_value());
    return &cache.arrive(std::get<RelationMessage>(std::move(decoded).value()), message);
}

}  // namespace

TEST_CASE("a relation that repeats itself keeps its version, a changed one gets the next") {
    RelationCache cache;
    const Relation& first = *arrive(cache, relation_message(42, "item", 2));
    CHECK(first.version == 1);
    CHECK(arrive(cache, relation_message(42, "item", 2)) == &first);
    CHECK(arrive(cache, relation_message(43, "other", 2))->version == 2);
    CHECK(arrive(cache, relation_message(42, "item", 3))->version == 3);
    CHECK(arrive(cache, relation_message(42, "renamed", 3))->version == 4);
    CHECK(arrive(cache, relation_message(42, "renamed", 3, 'f'))->version == 5);
}

TEST_CASE("a relation keeps its message, and stays valid after a newer one arrived") {
    RelationCache cache;
    const Relation& first = *arrive(cache, relation_message(42, "item", 2));
    const Relation& second = *arrive(cache, relation_message(42, "item", 3));
    CHECK(first.columns.size() == 2);
    CHECK(first.message == relation_message(42, "item", 2));
    CHECK(second.message == relation_message(42, "item", 3));
    CHECK(cache.find(42).value() == &second);
}

TEST_CASE("a relation that was never described is a protocol error") {
    const RelationCache cache;
    REQUIRE(cache.find(7).has_error());
    CHECK(cache.find(7).error().kind == ErrorKind::Protocol);
}
