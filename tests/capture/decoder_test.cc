#include "capture/pgoutput/decoder.h"

#include <random>

#include "tests/capture/wire.h"
#include "tests/support/catch.h"

using namespace walferry;
using walferry::testing::relation_message;
using walferry::testing::Wire;

namespace {

/// One well-formed message of each kind and shape.
std::vector<std::string> samples() {
    return {
        Wire('B').number<std::uint64_t>(0x1122).number<std::int64_t>(77).number<std::uint32_t>(901),
        Wire('C').letter(0).number<std::uint64_t>(0x1122).number<std::uint64_t>(0x1150).number<std::int64_t>(
            77),
        Wire('O').number<std::uint64_t>(5).text("elsewhere"),
        Wire('Y').number<std::uint32_t>(16400).text("public").text("mood"),
        relation_message(42, "item", 3),
        Wire('I').number<std::uint32_t>(42).letter('N').row({"1", std::nullopt, ""}),
        Wire('U').number<std::uint32_t>(42).letter('N').row({"1", "b"}),
        Wire('U').number<std::uint32_t>(42).letter('K').row({"1", std::nullopt}).letter('N').row({"2", "b"}),
        Wire('U').number<std::uint32_t>(42).letter('O').row({"1", "a"}).letter('N').row({"1", "b"}),
        Wire('D').number<std::uint32_t>(42).letter('K').row({"1", std::nullopt}),
        Wire('D').number<std::uint32_t>(42).letter('O').row({"1", "a"}),
        Wire('T')
            .number<std::int32_t>(2)
            .number<std::uint8_t>(3)
            .number<std::uint32_t>(7)
            .number<std::uint32_t>(8),
        Wire('M').letter(1).number<std::uint64_t>(9).text("prefix").number<std::int32_t>(3).raw("abc"),
    };
}

template <class T>
T decode_as(Decoder& decoder, const std::string& message) {
    auto decoded = decoder.decode(message);
    if (decoded.has_error()) FAIL(decoded.error().message);
    REQUIRE(std::holds_alternative<T>(decoded.value()));
    return std::get<T>(std::move(decoded).value());
}

std::string refusal(const std::string& message) {
    Decoder decoder;
    const auto decoded = decoder.decode(message);
    REQUIRE(decoded.has_error());
    CHECK(decoded.error().kind == ErrorKind::Protocol);
    return decoded.error().message;
}

}  // namespace

TEST_CASE("begin and commit carry the transaction's positions, time and xid") {
    Decoder decoder;
    const auto begin = decode_as<BeginMessage>(decoder, samples()[0]);
    CHECK(begin.commit_lsn == Lsn{0x1122});
    CHECK(begin.commit_time == 77);
    CHECK(begin.xid == 901);
    const auto commit = decode_as<CommitMessage>(decoder, samples()[1]);
    CHECK(commit.commit_lsn == Lsn{0x1122});
    CHECK(commit.end_lsn == Lsn{0x1150});
    CHECK(commit.commit_time == 77);
}

TEST_CASE("origin, type and logical messages are read whole") {
    Decoder decoder;
    const std::string origin_bytes = samples()[2];
    const auto origin = decode_as<OriginMessage>(decoder, origin_bytes);
    CHECK(origin.lsn == Lsn{5});
    CHECK(origin.name == "elsewhere");
    const std::string type_bytes = samples()[3];
    const auto type = decode_as<TypeMessage>(decoder, type_bytes);
    CHECK(type.oid == 16400);
    CHECK(type.schema == "public");
    CHECK(type.name == "mood");
    const std::string logical_bytes = samples()[12];
    const auto logical = decode_as<LogicalMessage>(decoder, logical_bytes);
    CHECK(logical.transactional);
    CHECK(logical.lsn == Lsn{9});
    CHECK(logical.prefix == "prefix");
    CHECK(logical.content == "abc");
}

TEST_CASE("a relation has its columns with keys, types and modifiers; an empty schema is pg_catalog") {
    Decoder decoder;
    const std::string bytes = Wire('R')
                                  .number<std::uint32_t>(42)
                                  .text("")
                                  .text("t")
                                  .letter('f')
                                  .number<std::int16_t>(2)
                                  .letter(1)
                                  .text("id")
                                  .number<std::uint32_t>(23)
                                  .number<std::int32_t>(-1)
                                  .letter(0)
                                  .text("price")
                                  .number<std::uint32_t>(1700)
                                  .number<std::int32_t>(655366);
    const auto relation = decode_as<RelationMessage>(decoder, bytes);
    CHECK(relation.id == 42);
    CHECK(relation.schema == "pg_catalog");
    CHECK(relation.name == "t");
    CHECK(relation.identity == ReplicaIdentity::Full);
    REQUIRE(relation.columns.size() == 2);
    CHECK(relation.columns[0] == Column{"id", 23, -1, true});
    CHECK(relation.columns[1] == Column{"price", 1700, 655366, false});
}

TEST_CASE("a row tells null, unchanged, text and binary values apart") {
    Decoder decoder;
    const std::string bytes = Wire('I')
                                  .number<std::uint32_t>(42)
                                  .letter('N')
                                  .number<std::int16_t>(5)
                                  .letter('n')
                                  .letter('u')
                                  .value('t', "text")
                                  .value('b', std::string(2, '\0'))
                                  .value('t', "");
    const auto insert = decode_as<InsertMessage>(decoder, bytes);
    CHECK(insert.relation == 42);
    REQUIRE(insert.row.size() == 5);
    CHECK(insert.row[0].kind == ValueKind::Null);
    CHECK(insert.row[1].kind == ValueKind::UnchangedToast);
    CHECK(insert.row[2].kind == ValueKind::Text);
    CHECK(insert.row[2].bytes == "text");
    CHECK(insert.row[3].kind == ValueKind::Binary);
    CHECK(insert.row[3].bytes.size() == 2);
    CHECK(insert.row[4].kind == ValueKind::Text);
    CHECK(insert.row[4].bytes.empty());
    CHECK(insert.row[2].bytes.data() > bytes.data());
    CHECK(insert.row[2].bytes.data() < bytes.data() + bytes.size());
}

TEST_CASE("an update has no old row, an old key or the full old row") {
    Decoder decoder;
    const auto all = samples();
    const auto plain = decode_as<UpdateMessage>(decoder, all[6]);
    CHECK_FALSE(plain.old_row.has_value());
    const auto key = decode_as<UpdateMessage>(decoder, all[7]);
    REQUIRE(key.old_row.has_value());
    CHECK_FALSE(key.old_is_full);
    CHECK((*key.old_row)[0].bytes == "1");
    CHECK(key.new_row[0].bytes == "2");
    const auto full = decode_as<UpdateMessage>(decoder, all[8]);
    REQUIRE(full.old_row.has_value());
    CHECK(full.old_is_full);
    CHECK((*full.old_row)[1].bytes == "a");
    CHECK(full.new_row[1].bytes == "b");
}

TEST_CASE("a delete has the old key or the full old row") {
    Decoder decoder;
    CHECK_FALSE(decode_as<DeleteMessage>(decoder, samples()[9]).old_is_full);
    const std::string bytes = samples()[10];
    const auto full = decode_as<DeleteMessage>(decoder, bytes);
    CHECK(full.old_is_full);
    CHECK(full.old_row[1].bytes == "a");
}

TEST_CASE("a truncate names its relations and options") {
    Decoder decoder;
    const auto truncate = decode_as<TruncateMessage>(decoder, samples()[11]);
    CHECK(std::vector<RelationId>(truncate.relations.begin(), truncate.relations.end()) ==
          std::vector<RelationId>{7, 8});
    CHECK(truncate.cascade);
    CHECK(truncate.restart_identity);
}

TEST_CASE("every message that ends early is refused, wherever it ends") {
    for (const std::string& message : samples()) {
        for (std::size_t length = 0; length < message.size(); ++length) {
            CAPTURE(message.front(), length, message.size());
            // A copy of exactly this length, so that a sanitizer sees a read past its end.
            refusal(std::string(message.data(), length));
        }
    }
}

TEST_CASE("every message with bytes left over is refused") {
    for (const std::string& message : samples()) {
        CAPTURE(message.front());
        CHECK(refusal(message + '\0').find("left over") != std::string::npos);
    }
}

TEST_CASE("counts and lengths that the bytes can't hold are refused before memory is taken") {
    const auto insert = [] { return Wire('I').number<std::uint32_t>(1).letter('N'); };
    refusal(insert().number<std::int16_t>(-1));
    refusal(insert().number<std::int16_t>(32767));
    refusal(insert().number<std::int16_t>(1).letter('t').number<std::int32_t>(-1));
    refusal(insert().number<std::int16_t>(1).letter('t').number<std::int32_t>(0x7FFFFFFF).raw("x"));
    refusal(insert().number<std::int16_t>(1).letter('x'));
    const auto relation = [] { return Wire('R').number<std::uint32_t>(1).text("s").text("t"); };
    refusal(relation().letter('d').number<std::int16_t>(-5));
    refusal(relation().letter('d').number<std::int16_t>(32767).raw("0123456789"));
    refusal(relation().letter('q').number<std::int16_t>(0));
    refusal(Wire('T').number<std::int32_t>(-1).letter(0));
    refusal(Wire('T').number<std::int32_t>(0).letter(0));
    refusal(Wire('T').number<std::int32_t>(0x7FFFFFFF).letter(0).number<std::uint32_t>(1));
    refusal(Wire('M').letter(0).number<std::uint64_t>(1).text("p").number<std::int32_t>(-1));
    refusal(Wire('O').number<std::uint64_t>(1).raw("no end"));
    refusal(Wire('C').letter(1).number<std::uint64_t>(1).number<std::uint64_t>(2).number<std::int64_t>(3));
}

TEST_CASE("wrong markers of rows are refused") {
    refusal(Wire('I').number<std::uint32_t>(1).letter('K').row({"1"}));
    refusal(Wire('U').number<std::uint32_t>(1).letter('X').row({"1"}));
    refusal(Wire('U').number<std::uint32_t>(1).letter('K').row({"1"}).letter('K').row({"1"}));
    refusal(Wire('D').number<std::uint32_t>(1).letter('N').row({"1"}));
}

TEST_CASE("messages of newer protocols are refused by name, others by their letter") {
    CHECK(refusal("S").find("Stream Start (protocol 2)") != std::string::npos);
    CHECK(refusal("b").find("Begin Prepare (protocol 3)") != std::string::npos);
    CHECK(refusal("K").find("Commit Prepared (protocol 3)") != std::string::npos);
    CHECK(refusal("A").find("Stream Abort (protocol 2)") != std::string::npos);
    CHECK(refusal("Z").find("'Z'") != std::string::npos);
    CHECK(refusal(std::string(1, '\0')).find("byte 0") != std::string::npos);
    CHECK(refusal("").find("empty") != std::string::npos);
}

TEST_CASE("a message with random bytes changed is decoded or refused, never more") {
    std::mt19937 random(20240229);
    Decoder decoder;
    int refused = 0;
    for (int round = 0; round < 1000; ++round) {
        for (std::string message : samples()) {
            for (auto changes = random() % 3 + 1; changes > 0; --changes)
                message[random() % message.size()] = static_cast<char>(random());
            const std::string exact(message.data(), message.size());
            const auto decoded = decoder.decode(exact);
            if (decoded.has_error()) {
                REQUIRE(decoded.error().kind == ErrorKind::Protocol);
                ++refused;
            }
        }
    }
    CHECK(refused > 0);
}
