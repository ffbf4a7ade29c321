#include "tests/pipeline/replay/replay_stand.h"

namespace walferry {

using namespace testing;

namespace {

constexpr const char* keyed_log = "CREATE TABLE t (id integer PRIMARY KEY, v text, w text)";

struct LogStand : ReplayStand {
    explicit LogStand(WarehouseKind of_kind, const std::string& sql = keyed_log)
        : ReplayStand(of_kind, sql, "mode: append, types: { id: 'bigint' }") {}

    /// `seq`: NULL for a row of a copy.
    void log(char op, std::uint64_t commit_lsn, const std::string& seq, const std::string& values,
             const std::string& unchanged = "NULL") {
        exec(fmt::format(
            "INSERT INTO public.t_changes (_op, _lsn, _seq, _unchanged, id, v, w) VALUES ('{}', {}, "
            "{}, {}, {})",
            op, lsn(commit_lsn), seq, unchanged, values));
    }
    Lines seen() {
        return rows(
            "SELECT _op, " + number("_lsn") + ", _seq, " + seconds("_commit_ts") +
            ", _xid, CAST(_old_key AS text), CAST(_unchanged AS text), id, v, w FROM public.t_changes "
            "ORDER BY _lsn, _seq");
    }
    static DeadLetter letter(char op, std::uint64_t commit_lsn, std::string key,
                             std::optional<std::string> before, std::optional<std::string> after) {
        return ReplayStand::letter(op, commit_lsn, std::move(key), std::move(before), std::move(after),
                                   "public.t_changes");
    }
};

}  // namespace

TEST_CASE("a replayed letter is the event of the log that it would have been", "[replay]") {
    LogStand stand(each_kind());
    stand.append({LogStand::letter('c', 20, R"({"id":"1"})", {}, R"({"id":"1","v":"a","w":null})"),
                  LogStand::letter('u', 21, R"({"id":"2"})", R"({"id":"1","v":null,"w":null})",
                                   R"({"id":"2","v":"b","w":"c"})"),
                  LogStand::letter('d', 22, R"({"id":"2"})", R"({"id":"2","v":null,"w":null})", {}),
                  LogStand::letter('r', 23, R"({"id":"9"})", {}, R"({"id":"9","v":"copied","w":null})")});
    CHECK(stand.replay() == Lines{"1 replayed", "2 replayed", "3 replayed", "4 replayed"});
    CHECK(stand.seen() == Lines{"c|20|3|20|77|NULL|NULL|1|a|NULL", R"(u|21|3|21|77|{"id":1}|NULL|2|b|c)",
                                "d|22|3|22|77|NULL|NULL|2|NULL|NULL",
                                "r|23|NULL|23|NULL|NULL|NULL|9|copied|NULL"});
}

TEST_CASE("a deleted row is whole in the log under REPLICA IDENTITY FULL", "[replay]") {
    LogStand stand(each_kind(), std::string(keyed_log) + "; ALTER TABLE t REPLICA IDENTITY FULL");
    CHECK(stand.replay_one(LogStand::letter('d', 20, R"({"id":"1"})", R"({"id":"1","v":"a","w":"b"})", {})) ==
          "replayed");
    CHECK(stand.seen() == Lines{"d|20|3|20|77|NULL|NULL|1|a|b"});
}

TEST_CASE("an event that the log has is not added again, and no letter makes up for another", "[replay]") {
    LogStand stand(each_kind());
    stand.log('u', 20, "3", "1, 'a', 'b'");
    stand.log('u', 21, "4", "1, 'a', 'b'");
    stand.log('r', 10, "NULL", "1, 'a', 'b'");
    const std::string row = R"({"id":"1","v":"x","w":"y"})", key = R"({"id":"1"})";
    CHECK(stand.replay_one(LogStand::letter('u', 20, key, {}, row)) == "superseded");
    CHECK(stand.replay_one(LogStand::letter('r', 10, key, {}, row)) == "superseded");
    stand.append({LogStand::letter('u', 15, key, {}, row), LogStand::letter('u', 21, key, {}, row)});
    CHECK(stand.replay({4}) == Lines{"4 replayed"});
    CHECK(stand.replay() == Lines{"3 replayed"});
    CHECK(stand.rows("SELECT count(*) FROM public.t_changes") == Lines{"5"});
}

TEST_CASE("what an event leaves out is that of the key's latest row before it", "[replay]") {
    LogStand stand(each_kind());
    stand.log('r', 10, "NULL", "1, 'copied', 'w'");
    stand.log('u', 12, "1", "1, 'older', 'w'");
    stand.log('u', 20, "2", "1, 'right', 'w'");
    stand.log('u', 20, "4", "1, 'later in the transaction', 'w'");
    stand.log('u', 30, "0", "1, 'later', 'w'");
    const std::string key = R"({"id":"1"})";
    CHECK(stand.replay_one(LogStand::letter('u', 20, key, {}, R"({"id":"1","w":"n"})")) == "replayed");
    CHECK(stand.rows("SELECT v, w, _unchanged IS NULL FROM public.t_changes WHERE _seq = 3")
              .at(0)
              .starts_with("right|n|t"));
    CHECK(stand.replay_one(LogStand::letter('u', 11, key, {}, R"({"id":"1","w":"n"})")) == "replayed");
    CHECK(stand.rows("SELECT v FROM public.t_changes WHERE _lsn = " + stand.lsn(11)) == Lines{"copied"});
    CHECK(stand.replay_one(LogStand::letter('u', 40, R"({"id":"2"})", key, R"({"id":"2","w":"n"})")) ==
          "replayed");
    CHECK(stand.rows("SELECT v FROM public.t_changes WHERE id = 2") == Lines{"later"});
}

TEST_CASE("what nobody can tell is NULL and named", "[replay]") {
    LogStand stand(each_kind());
    const std::string missing = R"({"id":"1"})";
    CHECK(stand.replay_one(LogStand::letter('u', 20, missing, {}, missing)) == "replayed");
    CHECK(stand.seen() == Lines{R"(u|20|3|20|77|NULL|["v", "w"]|1|NULL|NULL)"});
    stand.log('u', 30, "0", "2, NULL, 'known'", R"('["v"]')");
    CHECK(stand.replay_one(LogStand::letter('u', 40, R"({"id":"2"})", {}, R"({"id":"2"})")) == "replayed");
    CHECK(stand.seen().back() == R"(u|40|3|40|77|NULL|["v"]|2|NULL|known)");
}

TEST_CASE("an event waits for the open letter that has the values which it leaves out", "[replay]") {
    LogStand stand(each_kind());
    stand.log('c', 10, "0", "1, 'stale', 'w'");
    stand.append({LogStand::letter('u', 20, R"({"id":"1"})", {}, R"({"id":"1","v":"fresh","w":"w"})"),
                  LogStand::letter('u', 21, R"({"id":"1"})", {}, R"({"id":"1","w":"n"})")});
    CHECK(stand.replay({2}).at(0).starts_with("2 refused: it leaves out values"));
    stand.exec("UPDATE walferry.dead_letter SET state = 'discarded' WHERE id = 1");
    CHECK(stand.replay({2}) == Lines{"2 replayed"});
    CHECK(stand.seen().back() == R"(u|21|3|21|77|NULL|["v"]|1|NULL|n)");
}

}  // namespace walferry
