#include <fmt/format.h>

#include "tests/integration/refusal.h"
#include "tests/integration/shop.h"
#include "tests/integration/wire_proxy.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

/// A byte of an Insert, counted from its kind: 'I', the relation's id, 'N', the number of columns.
struct Spoiled {
    const char* what;
    std::size_t at;
};

/// Where the message begins in the XLogData that carries it: 'w', three numbers.
constexpr std::size_t xlog_data_header = 1 + 3 * 8;

/// Flips a bit in the Insert of the row that has this text.
WireProxy::Watch spoil(const std::string& text, std::size_t at, std::atomic<int>& spoiled) {
    return [text, at, &spoiled](const WireMessage& message) {
        const bool is_insert = message.sender == Sender::Server && message.type == 'd' &&
                               message.body.size() > xlog_data_header && message.body[0] == 'w' &&
                               message.body[xlog_data_header] == 'I';
        if (!is_insert || message.body.find(text) == std::string::npos) return Passage::Forward;
        char& byte = message.body[xlog_data_header + at];
        byte = static_cast<char>(byte ^ 0x20);
        ++spoiled;
        return Passage::Forward;
    };
}

}  // namespace

TEST_CASE("a message of the source that can't be read stops the pipeline, and nothing is skipped",
          "[decode-error]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const auto [what, at] = GENERATE(Spoiled{"kind of message", 0}, Spoiled{"relation", 4},
                                     Spoiled{"marker of the new row", 5}, Spoiled{"number of columns", 7});
    INFO(name_of(target) << ", spoiled: " << what);
    std::atomic<int> spoiled = 0;
    Shop shop(target, {.batch = "{ max_rows: 500 }"});
    WireProxy proxy(shop.source);
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (0, 'first')");
    shop.ferry->write_config(proxy.url("shop"));
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    proxy.watch(spoil("bad apple", at, spoiled));
    const std::string before = shop.value("SELECT pg_current_wal_insert_lsn()");
    // Steps of the transaction have been applied when the bad message comes, and more come after it.
    shop.sql(
        "INSERT INTO t SELECT g, CASE g WHEN 4000 THEN 'bad apple' ELSE 'crate' END FROM "
        "generate_series(1, 5000) g");
    shop.sql("INSERT INTO t VALUES (5001, 'last')");
    const auto exit = shop.ferry->process().wait(seconds(20));
    INFO(shop.ferry->log_tail());
    REQUIRE(exit == Exit{3, 0});
    CHECK(spoiled == 1);
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t") == "1");
    CHECK(shop.value(fmt::format("SELECT '{}'::pg_lsn <= '{}'", shop.ferry->slot("confirmed_flush_lsn"),
                                 before)) == "t");
    proxy.watch({});
    shop.ferry->start();
    CHECK(shop.ferry->caught_up());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a pipeline that stopped at a message of the source says how to go on", "[decode-error]") {
    std::atomic<int> spoiled = 0;
    Shop shop(Target::DuckDb);
    WireProxy proxy(shop.source);
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY, v text)");
    shop.ferry->write_config(proxy.url("shop"));
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    proxy.watch(spoil("bad apple", 0, spoiled));
    shop.sql("INSERT INTO t VALUES (1, 'bad apple')");
    REQUIRE(shop.ferry->process().wait(seconds(20)) == Exit{3, 0});
    const std::string last_word = last_line(shop.ferry->log());
    INFO(last_word);
    CHECK(last_word.find("unknown kind of message") != std::string::npos);
    CHECK(names_a_command(last_word));
}
