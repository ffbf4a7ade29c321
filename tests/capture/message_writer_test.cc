#include "capture/pgoutput/message_writer.h"

#include <random>

#include "capture/pgoutput/change_decoder.h"
#include "tests/capture/wire.h"
#include "tests/support/catch.h"

using namespace walferry;
using walferry::testing::relation_message;
using walferry::testing::Wire;

namespace {

constexpr RelationId id = 42;
constexpr SequenceKey written_sequence{Lsn{100}, 3};
constexpr std::int16_t columns = 5;

/// Random rows in all kinds of values; `texts` owns their bytes.
struct RandomRows {
    std::mt19937 random;
    std::vector<std::string> texts{};

    unsigned below(unsigned limit) { return static_cast<unsigned>(random() % limit); }

    std::vector<ColumnValue> row() {
        std::vector<ColumnValue> values;
        for (int column = 0; column < columns; ++column) {
            const auto kind = static_cast<ValueKind>(below(4));
            const bool has_bytes = kind == ValueKind::Text || kind == ValueKind::Binary;
            std::string text(has_bytes ? below(40) : 0, '\0');
            for (char& letter : text) letter = static_cast<char>(below(256));
            texts.push_back(std::move(text));
            values.push_back({kind, texts.back()});
        }
        return values;
    }
};

void check_same(TupleData left, TupleData right) {
    REQUIRE(left.size() == right.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
        CHECK(left[i].kind == right[i].kind);
        CHECK(left[i].bytes == right[i].bytes);
    }
}

}  // namespace

TEST_CASE("any change, written as a message and decoded again, is the same change") {
    ChangeDecoder decoder;
    REQUIRE(decoder.relation(relation_message(id, "item", columns)).has_value());
    RandomRows rows{std::mt19937{GENERATE(1u, 2u, 3u)}};
    rows.texts.reserve(200'000);
    Relation relation;
    relation.id = id;
    for (int round = 0; round < 2000; ++round) {
        ChangeEvent event;
        event.relation = &relation;
        event.sequence = written_sequence;
        event.kind = std::array{ChangeKind::Insert, ChangeKind::Update, ChangeKind::Delete}[rows.below(3)];
        const std::vector<ColumnValue> before = rows.row(), after = rows.row();
        const bool has_before =
            event.kind == ChangeKind::Delete || (event.kind == ChangeKind::Update && rows.below(2) == 0);
        if (has_before) {
            event.before = TupleData(before);
            event.before_is_full = rows.below(2) == 0;
        }
        if (event.kind != ChangeKind::Delete) event.after = after;

        std::string message;
        write_change_message(event, message);
        const auto decoded = decoder.change(message, id, written_sequence);
        REQUIRE(decoded.has_value());
        CHECK(decoded.value().kind == event.kind);
        CHECK(decoded.value().before_is_full == event.before_is_full);
        REQUIRE(decoded.value().before.has_value() == event.before.has_value());
        if (event.before) check_same(*decoded.value().before, *event.before);
        check_same(decoded.value().after, event.after);
    }
}

TEST_CASE("a decoded message is written byte for byte as the source sent it") {
    ChangeDecoder decoder;
    REQUIRE(decoder.relation(relation_message(id, "item", 2)).has_value());
    const std::string messages[] = {
        Wire('I').number<std::uint32_t>(id).letter('N').row({"1", std::nullopt}),
        Wire('U').number<std::uint32_t>(id).letter('N').row({"1", "a"}),
        Wire('U').number<std::uint32_t>(id).letter('K').row({"1", std::nullopt}).letter('N').row({"2", ""}),
        Wire('D').number<std::uint32_t>(id).letter('O').row({"2", "b"}),
        Wire('D').number<std::uint32_t>(id).letter('K').row({"2", std::nullopt}),
    };
    for (const std::string& message : messages) {
        std::string written = "before ";
        write_change_message(decoder.change(message, id, written_sequence).value(), written);
        CHECK(written == "before " + message);
    }
}
