#include "dlq/dead_letter_store.h"

#include "tests/dlq/both_warehouses.h"

using namespace walferry;
using namespace walferry::testing;

namespace {

std::string ids(const std::vector<DeadLetter>& letters) {
    std::string text;
    for (const DeadLetter& letter : letters) text += (text.empty() ? "" : " ") + std::to_string(letter.id);
    return text;
}

}  // namespace

TEST_CASE("a dead letter is read as it was appended") {
    Desk desk(either());
    DeadLetter letter = letter_of("it's", 0x16'B374'D848, 7);
    letter.stage = DeadLetterStage::Contract;
    letter.op = DeadLetterOp::Update;
    letter.error = "bad \xff bytes 'quoted'";
    letter.before = R"({"id":"it's","v":null})";
    letter.topic = "shop.public.t";
    letter.kafka_partition = 3;
    letter.kafka_offset = 5'000'000'000;
    desk.append({letter});
    const auto read = desk.all();
    REQUIRE(read.size() == 1);
    CHECK(read[0].id == 1);
    CHECK(read[0].stage == DeadLetterStage::Contract);
    CHECK(read[0].op == DeadLetterOp::Update);
    CHECK(read[0].error_code == "23514");
    CHECK(read[0].error == "bad \uFFFD bytes 'quoted'");
    CHECK(read[0].source_table == "public.t");
    CHECK(read[0].target_table == "public.t");
    CHECK(read[0].key == letter.key);
    CHECK(read[0].before == letter.before);
    CHECK(read[0].after == letter.after);
    CHECK(read[0].sequence == letter.sequence);
    CHECK(read[0].xid == 4'000'000'000u);
    CHECK(read[0].commit_time == 1'500'000);
    CHECK(read[0].topic == "shop.public.t");
    CHECK(read[0].kafka_partition == 3);
    CHECK(read[0].kafka_offset == 5'000'000'000);
    CHECK(read[0].attempts == 1);
    CHECK(read[0].state == DeadLetterState::Pending);
    CHECK(read[0].created_at > 800'000'000'000'000);  // after 2025
    CHECK(read[0].last_attempt_at == read[0].created_at);
}

TEST_CASE("what a dead letter does not have stays absent") {
    Desk desk(either());
    DeadLetter letter;
    letter.error = "no such message";
    letter.stage = DeadLetterStage::Decode;
    desk.append({letter});
    const auto read = desk.all();
    REQUIRE(read.size() == 1);
    CHECK_FALSE(read[0].key);
    CHECK_FALSE(read[0].before);
    CHECK_FALSE(read[0].after);
    CHECK_FALSE(read[0].topic);
    CHECK_FALSE(read[0].kafka_partition);
    CHECK(read[0].source_table.empty());
    CHECK(read[0].error_code.empty());
    CHECK(read[0].commit_time == 0);
    CHECK(read[0].xid == 0);
}

TEST_CASE("ids go on from the greatest one, and each pipeline counts for itself") {
    Desk desk(either());
    desk.append({letter_of("1", 10), letter_of("2", 20)});
    desk.append({letter_of("3", 30)});
    CHECK(ids(desk.all()) == "1 2 3");
    ControlSchema other = desk.control;
    other.pipeline = "it's another";
    std::vector<DeadLetter> letters{letter_of("9", 90)};
    must(desk.session->begin());
    must(DeadLetterStore(other).append(*desk.session, letters));
    must(desk.session->commit());
    CHECK(letters[0].id == 1);
    CHECK(ids(desk.all()) == "1 2 3");
}

TEST_CASE("letters whose transaction is rolled back were never there") {
    Desk desk(either());
    std::vector<DeadLetter> letters{letter_of("1", 10)};
    must(desk.session->begin());
    must(desk.store().append(*desk.session, letters));
    desk.session->rollback();
    CHECK(desk.all().empty());
    desk.append({letter_of("2", 20)});
    CHECK(ids(desk.all()) == "1");
}

TEST_CASE("letters are listed in the order of their commits, in pages") {
    Desk desk(either());
    desk.append({letter_of("a", 30), letter_of("b", 20, 10), letter_of("c", 20, 9), letter_of("d", 20, 9)});
    std::string pages;
    std::optional<DeadLetterCursor> cursor;
    for (;;) {
        const auto page = must(desk.store().list(*desk.session, {}, cursor ? &*cursor : nullptr, 3));
        if (page.empty()) break;
        pages += "[" + ids(page) + "]";
        cursor = cursor_of(page.back());
    }
    CHECK(pages == "[3 4 2][1]");
}

TEST_CASE("a page is bounded by bytes, and holds one letter at least") {
    Desk desk(either());
    DeadLetter large = letter_of("1", 10);
    large.after = R"({"v":")" + std::string(9u << 20, 'x') + R"("})";
    DeadLetter half = letter_of("2", 20);
    half.after = R"({"v":")" + std::string(5u << 20, 'x') + R"("})";
    DeadLetter other = letter_of("3", 30);
    other.before = half.after;
    desk.append({large, half, other});
    const auto first = desk.all();
    CHECK(ids(first) == "1");
    const DeadLetterCursor cursor = cursor_of(first.back());
    CHECK(ids(must(desk.store().list(*desk.session, {}, &cursor))) == "2");
}

TEST_CASE("letters are filtered by id, table glob, stage, state and time") {
    Desk desk(either());
    DeadLetter early = letter_of("1", 10, 0, "public.order_lines");
    early.created_at = 1'000'000;
    early.stage = DeadLetterStage::Map;
    DeadLetter late = letter_of("2", 20, 0, "public.orders");
    late.created_at = 2'000'000;
    DeadLetter nowhere = letter_of("3", 30, 0, "");
    nowhere.created_at = 3'000'000;
    desk.append({early, late, nowhere});
    const std::int64_t third[] = {3};
    must(desk.store().mark(*desk.session, third, DeadLetterState::Discarded));

    const auto with = [&](auto set) {
        DeadLetterFilter filter;
        set(filter);
        return ids(desk.all(filter));
    };
    CHECK(with([](DeadLetterFilter&) {}) == "1 2");
    CHECK(with([](DeadLetterFilter& f) { f.state.reset(); }) == "1 2 3");
    CHECK(with([](DeadLetterFilter& f) { f.state = DeadLetterState::Discarded; }) == "3");
    CHECK(with([](DeadLetterFilter& f) { f.ids = {2, 3, 4}; }) == "2");
    CHECK(with([](DeadLetterFilter& f) { f.table = "public.order*"; }) == "1 2");
    CHECK(with([](DeadLetterFilter& f) { f.table = "public.order_?????"; }) == "1");
    CHECK(with([](DeadLetterFilter& f) { f.table = "nothing.*"; }).empty());
    CHECK(with([](DeadLetterFilter& f) {
              f.table = "*";
              f.state.reset();
          }) == "1 2 3");
    CHECK(with([](DeadLetterFilter& f) { f.stage = DeadLetterStage::Map; }) == "1");
    CHECK(with([](DeadLetterFilter& f) { f.since = 2'000'000; }) == "2");
    CHECK(with([](DeadLetterFilter& f) { f.until = 2'000'000; }) == "1");
}

TEST_CASE("only pending letters change their state, and marking says which") {
    Desk desk(either());
    desk.append({letter_of("1", 10), letter_of("2", 20), letter_of("3", 30)});
    const std::int64_t some[] = {3, 1, 77};
    CHECK(must(desk.store().mark(*desk.session, some, DeadLetterState::Discarded)) ==
          std::vector<std::int64_t>{1, 3});
    CHECK(must(desk.store().mark(*desk.session, some, DeadLetterState::Replayed)).empty());
    CHECK(desk.states() == "1:discarded 2:pending 3:discarded");
}

TEST_CASE("a later version of a key supersedes its older letters in that target, and nothing else") {
    Desk desk(either());
    desk.append({letter_of("it's", 10), letter_of("it's", 20, 4), letter_of("it's", 20, 5),
                 letter_of("other", 10), letter_of("it's", 10, 0, "public.u")});
    const std::string keys[] = {R"({"id":"it's"})", R"({"id":"none"})"};
    CHECK(must(desk.store().supersede(*desk.session, "public.t", keys, {Lsn{20}, 5})) == 2);
    CHECK(desk.states() == "1:superseded 4:pending 5:pending 2:superseded 3:pending");
    CHECK(must(desk.store().supersede_table(*desk.session, "public.t", {Lsn{20}, 5})) == 1);
    CHECK(desk.states() == "1:superseded 4:superseded 5:pending 2:superseded 3:pending");
}

TEST_CASE("a key's letters are found, too, where an older version wrote its numbers as strings") {
    Desk desk(either());
    desk.append({letter_of("5", 10), letter_of("true", 10), letter_of("55", 10)});
    DeadLetter newer = letter_of("5", 20);
    newer.key = R"({"id":5})";
    CHECK(must(desk.store().has_older(*desk.session, newer, *newer.key, DeadLetterState::Pending)));
    const std::string keys[] = {*newer.key};
    CHECK(must(desk.store().supersede(*desk.session, "public.t", keys, {Lsn{20}, 5})) == 1);
    CHECK(desk.states() == "1:superseded 2:pending 3:pending");
}

TEST_CASE("the keys whose newest version a target may lack are known") {
    Desk desk(either());
    DeadLetter keyless = letter_of("x", 40);
    keyless.key.reset();
    desk.append({letter_of("1", 10), letter_of("1", 20), letter_of("2", 20, 5),
                 letter_of("1", 30, 0, "public.u"), keyless});
    const std::int64_t third[] = {3};
    must(desk.store().mark(*desk.session, third, DeadLetterState::Discarded));
    const HollowKeys keys = must(desk.store().hollow_keys(*desk.session, "public.t"));
    CHECK(keys == HollowKeys{{R"({"id":"1"})", {Lsn{20}, 0}}, {R"({"id":"2"})", {Lsn{20}, 5}}});
}

TEST_CASE("open letters are counted by table and stage") {
    Desk desk(either());
    DeadLetter mapped = letter_of("4", 40);
    mapped.stage = DeadLetterStage::Map;
    desk.append({letter_of("1", 10), letter_of("2", 20), letter_of("3", 30, 0, "public.u"), mapped});
    const auto counts = must(desk.store().count_pending(*desk.session));
    REQUIRE(counts.size() == 3);
    CHECK(counts[0].source_table == "public.t");
    CHECK(counts[0].stage == DeadLetterStage::Apply);
    CHECK(counts[0].count == 2);
    CHECK(total(counts) == 4);
}

TEST_CASE("an attempt is counted with its error") {
    Desk desk(either());
    desk.append({letter_of("1", 10)});
    must(desk.store().note_attempt(*desk.session, 1, "22003", "it's \xff still out of range"));
    const auto read = desk.all();
    CHECK(read[0].attempts == 2);
    CHECK(read[0].error_code == "22003");
    CHECK(read[0].error == "it's \uFFFD still out of range");
    CHECK(read[0].last_attempt_at >= read[0].created_at);
}

TEST_CASE("ten thousand letters go in, and out, in bulk") {
    Desk desk(either());
    std::vector<DeadLetter> letters;
    for (std::uint64_t i = 0; i < 10'000; ++i) letters.push_back(letter_of(std::to_string(i), 10, i));
    desk.append(letters);
    std::vector<std::int64_t> all;
    for (std::int64_t id = 1; id <= 10'000; ++id) all.push_back(id);
    CHECK(total(must(desk.store().count_pending(*desk.session))) == 10'000);
    CHECK(must(desk.store().mark(*desk.session, all, DeadLetterState::Discarded)) == all);
}

TEST_CASE("control tables of an earlier build get the table of dead letters") {
    Desk desk(either());
    must(desk.session->execute("DROP TABLE walferry.dead_letter"));
    CHECK_FALSE(must(desk.store().exists(*desk.session)));
    must(create_control_schema(*desk.session, desk.control));
    CHECK(must(desk.store().exists(*desk.session)));
    CHECK(must(CheckpointStore(desk.control).read(*desk.session)));
    must(desk.session->execute("DROP TABLE walferry.dead_letter"));
    must(drop_control_rows(*desk.session, desk.control));
    CHECK_FALSE(must(has_control_schema(*desk.session, desk.control)));
}
