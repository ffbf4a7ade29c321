#include "capture/pgoutput/pgoutput_stream.h"

#include "tests/capture/wire.h"
#include "tests/support/catch.h"

using namespace walferry;
using walferry::testing::relation_message;
using walferry::testing::Wire;

namespace {

std::string begin(std::uint64_t commit_lsn) {
    return Wire('B').number(commit_lsn).number<std::int64_t>(7).number<std::uint32_t>(900);
}
std::string commit(std::uint64_t commit_lsn, std::uint64_t end_lsn) {
    return Wire('C').letter(0).number(commit_lsn).number(end_lsn).number<std::int64_t>(7);
}
std::string insert(const std::string& key) {
    return Wire('I').number<std::uint32_t>(42).letter('N').row({key, "a"});
}
std::string keepalive(std::uint64_t position, bool reply) {
    return Wire('k').number(position).number<std::int64_t>(7).letter(reply ? 1 : 0);
}
std::string wal(const std::string& message, std::uint64_t lsn = 0) {
    return Wire('w').number<std::uint64_t>(lsn).number<std::uint64_t>(0).number<std::int64_t>(0).raw(message);
}

/// Payloads and what came out of them, a letter an event and a dot for none.
struct Stream {
    PgoutputStream stream;
    std::string seen = {};
    std::vector<SequenceKey> sequences = {};
    std::vector<std::uint64_t> lsns = {};
    Keepalive last_keepalive = {};

    void add(const SourceEvent& event) {
        if (std::holds_alternative<TransactionBegin>(event)) seen += 'B';
        if (std::holds_alternative<TransactionCommit>(event)) seen += 'C';
        if (const auto* alive = std::get_if<Keepalive>(&event)) {
            seen += 'k';
            last_keepalive = *alive;
        }
        if (std::holds_alternative<LogicalMessage>(event)) seen += 'm';
        if (const auto* change = std::get_if<ChangeEvent>(&event)) {
            seen += static_cast<char>(change->kind);
            sequences.push_back(change->sequence);
            lsns.push_back(change->lsn.value);
        }
    }
    void take(const std::string& payload) {
        auto event = stream.read(payload);
        if (event.has_error()) FAIL(event.error().message);
        if (!event.value()) seen += '.';
        while (event.value()) {
            add(*event.value());
            event = stream.rest();
            REQUIRE(event.has_value());
        }
    }
    void refuse(const std::string& payload) {
        const auto event = stream.read(payload);
        REQUIRE(event.has_error());
        CHECK(event.error().kind == ErrorKind::Protocol);
    }
};

Stream stream_from(std::uint64_t start) {
    return Stream{PgoutputStream(Lsn{start})};
}

}  // namespace

TEST_CASE("the changes of a transaction are counted from zero, each relation of a truncate by itself") {
    Stream stream = stream_from(0);
    stream.take(wal(begin(100)));
    stream.take(wal(relation_message(42, "item", 2)));
    stream.take(wal(relation_message(43, "other", 2)));
    stream.take(wal(insert("1")));
    stream.take(wal(Wire('M').letter(1).number<std::uint64_t>(9).text("p").number<std::int32_t>(0)));
    stream.take(
        wal(Wire('T').number<std::int32_t>(2).letter(0).number<std::uint32_t>(42).number<std::uint32_t>(43)));
    stream.take(wal(insert("2")));
    stream.take(wal(commit(100, 110)));
    stream.take(wal(begin(110)));
    stream.take(wal(insert("3")));
    CHECK(stream.seen == "B..cmttcCBc");
    CHECK(stream.sequences == std::vector<SequenceKey>{
                                  {Lsn{100}, 0}, {Lsn{100}, 1}, {Lsn{100}, 2}, {Lsn{100}, 3}, {Lsn{110}, 0}});
}

std::string message(bool transactional, std::uint64_t lsn) {
    return Wire('M').letter(transactional ? 1 : 0).number(lsn).text("p").number<std::int32_t>(0);
}

TEST_CASE("a change has the position of its own record, and so has each relation of a truncate") {
    Stream stream = stream_from(0);
    stream.take(wal(begin(100), 60));
    stream.take(wal(relation_message(42, "item", 2)));
    stream.take(wal(relation_message(43, "other", 2)));
    stream.take(wal(insert("1"), 61));
    stream.take(wal(
        Wire('T').number<std::int32_t>(2).letter(0).number<std::uint32_t>(42).number<std::uint32_t>(43), 75));
    stream.take(wal(insert("2"), 80));
    CHECK(stream.lsns == std::vector<std::uint64_t>{61, 75, 75, 80});
}

TEST_CASE("messages of a dropped transaction are dropped, and so are others that end before the start") {
    Stream stream = stream_from(110);
    stream.take(wal(message(false, 90)));
    stream.take(wal(begin(100)));
    stream.take(wal(message(true, 95)));
    stream.take(wal(commit(100, 110)));
    stream.take(wal(message(false, 110)));
    CHECK(stream.seen == ".....");
    stream.take(wal(message(false, 118)));
    CHECK(stream.stream.delivered() == Lsn{118});
    stream.take(wal(begin(120)));
    stream.take(wal(message(true, 119)));
    stream.refuse(wal(message(false, 119)));
    CHECK(stream.seen == ".....mBm");
    stream_from(0).refuse(wal(message(true, 1)));
}

TEST_CASE("transactions from before the start are dropped whole, undecoded, and their relations are learnt") {
    Stream stream = stream_from(110);
    stream.take(wal(begin(100)));
    stream.take(wal(relation_message(42, "item", 2)));
    stream.take(wal(insert("1")));
    stream.take(wal("I"));
    stream.take(wal(commit(100, 110)));
    CHECK(stream.stream.dropped() == 1);
    CHECK(stream.stream.delivered() == Lsn{110});
    stream.take(wal(begin(110)));
    stream.take(wal(insert("2")));
    stream.take(wal(commit(110, 120)));
    CHECK(stream.seen == ".....BcC");
    CHECK(stream.stream.delivered() == Lsn{120});
}

TEST_CASE("a keepalive inside of a transaction claims nothing of it") {
    Stream stream = stream_from(0);
    stream.take(keepalive(90, true));
    CHECK(stream.last_keepalive.position == Lsn{90});
    CHECK(stream.last_keepalive.reply_requested);
    stream.take(wal(begin(100)));
    stream.take(keepalive(500, false));
    CHECK(stream.last_keepalive.position == Lsn{100});
    CHECK_FALSE(stream.last_keepalive.reply_requested);
}

TEST_CASE("messages out of order are refused") {
    stream_from(0).refuse(wal(insert("1")));
    stream_from(0).refuse(wal(commit(100, 110)));
    for (const std::string& next :
         {begin(120), commit(101, 110), commit(100, 100), insert("1"), std::string("S")}) {
        Stream stream = stream_from(0);
        stream.take(wal(begin(100)));
        stream.refuse(wal(next));
    }
    Stream backwards = stream_from(0);
    backwards.take(wal(begin(100)));
    backwards.take(wal(commit(100, 110)));
    backwards.refuse(wal(begin(109)));
}

TEST_CASE("payloads that are no payload are refused") {
    for (const std::string& payload : {std::string(), std::string("x"), std::string("k"),
                                       keepalive(1, true) + "x", wal(""), wal(begin(1)).substr(0, 20)})
        stream_from(0).refuse(payload);
}
