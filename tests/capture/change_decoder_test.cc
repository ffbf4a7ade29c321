#include "capture/pgoutput/change_decoder.h"

#include "tests/capture/wire.h"
#include "tests/support/catch.h"

using namespace walferry;
using walferry::testing::relation_message;
using walferry::testing::Wire;

namespace {

constexpr SequenceKey sequence{Lsn{100}, 3};

void refuse(ChangeDecoder& decoder, const std::string& message, RelationId id) {
    const auto change = decoder.change(message, id, sequence);
    REQUIRE(change.has_error());
    CHECK(change.error().kind == ErrorKind::Protocol);
}

}  // namespace

TEST_CASE("kept messages become the changes that they were") {
    ChangeDecoder decoder;
    REQUIRE(decoder.relation(relation_message(42, "item", 2)).has_value());

    const std::string insert = Wire('I').number<std::uint32_t>(42).letter('N').row({"1", "a"});
    const ChangeEvent inserted = decoder.change(insert, 42, sequence).value();
    CHECK(inserted.kind == ChangeKind::Insert);
    CHECK(inserted.relation->name == "item");
    CHECK_FALSE(inserted.before.has_value());
    CHECK(inserted.after[1].bytes == "a");
    CHECK(inserted.sequence == sequence);
    CHECK(inserted.message == insert);

    const std::string update =
        Wire('U').number<std::uint32_t>(42).letter('K').row({"1", std::nullopt}).letter('N').row({"2", "b"});
    const ChangeEvent updated = decoder.change(update, 42, sequence).value();
    CHECK(updated.kind == ChangeKind::Update);
    REQUIRE(updated.before.has_value());
    CHECK((*updated.before)[0].bytes == "1");
    CHECK_FALSE(updated.before_is_full);
    CHECK(updated.after[0].bytes == "2");

    const std::string remove = Wire('D').number<std::uint32_t>(42).letter('O').row({"2", "b"});
    const ChangeEvent removed = decoder.change(remove, 42, sequence).value();
    CHECK(removed.kind == ChangeKind::Delete);
    CHECK(removed.before_is_full);
    CHECK(removed.before->size() == 2);
    CHECK(removed.after.empty());
}

TEST_CASE("a truncate of several relations is the change of each one that it names") {
    ChangeDecoder decoder;
    REQUIRE(decoder.relation(relation_message(42, "item", 2)).has_value());
    REQUIRE(decoder.relation(relation_message(44, "third", 2)).has_value());
    const std::string truncate =
        Wire('T').number<std::int32_t>(2).letter(0).number<std::uint32_t>(41).number<std::uint32_t>(42);
    const ChangeEvent event = decoder.change(truncate, 42, sequence).value();
    CHECK(event.kind == ChangeKind::Truncate);
    CHECK(event.relation->id == 42);
    refuse(decoder, truncate, 44);
    refuse(decoder, truncate, 41);
}

TEST_CASE("a change is read with the relation that arrived before it") {
    ChangeDecoder decoder;
    const std::string narrow = Wire('I').number<std::uint32_t>(42).letter('N').row({"1", "a"});
    const std::string wide = Wire('I').number<std::uint32_t>(42).letter('N').row({"1", "a", "x"});
    REQUIRE(decoder.relation(relation_message(42, "item", 2)).has_value());
    const ChangeEvent before = decoder.change(narrow, 42, sequence).value();
    refuse(decoder, wide, 42);
    REQUIRE(decoder.relation(relation_message(42, "item", 3)).has_value());
    CHECK(decoder.change(wide, 42, sequence).has_value());
    refuse(decoder, narrow, 42);
    CHECK(before.relation->columns.size() == 2);
}

TEST_CASE("what is no change of the wanted relation is refused") {
    ChangeDecoder decoder;
    const std::string insert = Wire('I').number<std::uint32_t>(42).letter('N').row({"1", "a"});
    refuse(decoder, insert, 42);
    REQUIRE(decoder.relation(relation_message(42, "item", 2)).has_value());
    refuse(decoder, insert, 43);
    refuse(decoder, relation_message(42, "item", 2), 42);
    refuse(decoder, "", 42);
    CHECK(decoder.relation(insert).has_error());
}
