#include "tests/pipeline/replay/replay_stand.h"

namespace walferry {

using namespace testing;

namespace {

constexpr const char* keyed_history = "CREATE TABLE t (id integer PRIMARY KEY, v text, w text)";

struct HistoryStand : ReplayStand {
    explicit HistoryStand(WarehouseKind of_kind, const std::string& more = "",
                          const std::string& sql = keyed_history)
        : ReplayStand(of_kind, sql, "mode: scd2" + more) {}

    /// `to` 0: current.
    void version(int id, const std::string& v, int from, int to, std::uint64_t commit_lsn) {
        exec(fmt::format(
            "INSERT INTO public.t_history (id, v, w, valid_from, valid_to, is_current, "
            "_walferry_lsn) VALUES ({}, '{}', 'w', {}, {}, {}, {})",
            id, v, time(from), to == 0 ? "NULL" : time(to), to == 0 ? "true" : "false", lsn(commit_lsn)));
    }
    /// `v w from-to lsn`, the current one with a star.
    Lines seen(int id = 1) {
        return rows(
            fmt::format("SELECT coalesce(v, '-') || ' ' || coalesce(w, '-') || ' ' || coalesce(CAST({} AS "
                        "text), '') || '-' || coalesce(CAST({} AS text), '') || CASE WHEN is_current "
                        "THEN '*' ELSE '' END || ' ' || CAST({} AS text) FROM public.t_history WHERE id "
                        "= {} ORDER BY _walferry_lsn",
                        seconds("valid_from"), seconds("valid_to"), number("_walferry_lsn"), id));
    }
    static std::string key(int id = 1) { return fmt::format(R"({{"id":"{}"}})", id); }
    static std::string row(const std::string& v, int id = 1) {
        return fmt::format(R"({{"id":"{}","v":"{}","w":"w"}})", id, v);
    }
    static DeadLetter letter(char op, std::uint64_t commit_lsn, std::optional<std::string> after, int id = 1,
                             std::optional<std::string> before = {}) {
        return ReplayStand::letter(op, commit_lsn, key(id), std::move(before), std::move(after),
                                   "public.t_history");
    }
};

}  // namespace

TEST_CASE("a replayed version that is the newest closes the one before it", "[replay]") {
    HistoryStand stand(each_kind());
    CHECK(stand.replay_one(HistoryStand::letter('c', 10, HistoryStand::row("a"))) == "replayed");
    CHECK(stand.seen() == Lines{"a w 10-* 10"});
    CHECK(stand.replay_one(HistoryStand::letter('u', 20, HistoryStand::row("b"))) == "replayed");
    CHECK(stand.replay_one(HistoryStand::letter('u', 30, HistoryStand::row("b"))) == "replayed");
    CHECK(stand.seen() == Lines{"a w 10-20 10", "b w 20-* 20"});
    DeadLetter stepped_back = HistoryStand::letter('u', 40, HistoryStand::row("c"));
    stepped_back.commit_time = 5'000'000;
    CHECK(stand.replay_one(stepped_back) == "replayed");
    CHECK(stand.seen() == Lines{"a w 10-20 10", "c w 20-* 40"});
}

TEST_CASE("a replayed version goes between those around it", "[replay]") {
    HistoryStand stand(each_kind());
    stand.version(1, "a", 10, 30, 10);
    stand.version(1, "c", 30, 50, 30);
    stand.version(1, "d", 50, 0, 50);
    stand.version(2, "other", 10, 0, 10);
    stand.append({HistoryStand::letter('u', 15, HistoryStand::row("a")),
                  HistoryStand::letter('u', 20, HistoryStand::row("b")),
                  HistoryStand::letter('u', 40, HistoryStand::row("cc"))});
    CHECK(stand.replay({3, 1, 2}) == Lines{"1 replayed", "2 replayed", "3 replayed"});
    CHECK(stand.seen() ==
          Lines{"a w 10-20 10", "b w 20-30 20", "c w 30-40 30", "cc w 40-50 40", "d w 50-* 50"});
    CHECK(stand.seen(2) == Lines{"other w 10-* 10"});
}

TEST_CASE("letters of one key find their places whatever comes first", "[replay]") {
    HistoryStand stand(each_kind());
    stand.append({HistoryStand::letter('c', 10, HistoryStand::row("a")),
                  HistoryStand::letter('u', 20, HistoryStand::row("b"))});
    CHECK(stand.replay({2}) == Lines{"2 replayed"});
    CHECK(stand.states() == "pending replayed");
    CHECK(stand.replay() == Lines{"1 replayed"});
    CHECK(stand.seen() == Lines{"a w 10-20 10", "b w 20-* 20"});
}

TEST_CASE("a version for which time leaves no room is superseded", "[replay]") {
    HistoryStand stand(each_kind());
    stand.version(1, "a", 10, 15, 10);
    stand.version(1, "c", 15, 0, 30);
    CHECK(stand.replay_one(HistoryStand::letter('u', 20, HistoryStand::row("b"))) == "superseded");
    CHECK(stand.seen() == Lines{"a w 10-15 10", "c w 15-* 30"});
}

TEST_CASE("an insert of a key that was deleted begins anew, and a gap stays a gap", "[replay]") {
    HistoryStand stand(each_kind());
    stand.version(1, "a", 10, 15, 10);
    stand.version(1, "a", 40, 0, 40);
    CHECK(stand.replay_one(HistoryStand::letter('c', 20, HistoryStand::row("a"))) == "replayed");
    CHECK(stand.seen() == Lines{"a w 10-15 10", "a w 20-40 20", "a w 40-* 40"});
}

TEST_CASE("a replayed delete ends the version that stood then, and no later one", "[replay]") {
    HistoryStand stand(each_kind());
    stand.version(1, "a", 10, 30, 10);
    stand.version(1, "b", 30, 0, 30);
    stand.version(2, "x", 10, 0, 10);
    stand.version(3, "y", 10, 15, 10);
    CHECK(stand.replay_one(HistoryStand::letter('d', 20, {}, 1, HistoryStand::key())) == "replayed");
    CHECK(stand.seen() == Lines{"a w 10-20 10", "b w 30-* 30"});
    CHECK(stand.replay_one(HistoryStand::letter('d', 20, {}, 2, HistoryStand::key(2))) == "replayed");
    CHECK(stand.seen(2) == Lines{"x w 10-20 10"});
    CHECK(stand.replay_one(HistoryStand::letter('d', 20, {}, 3, HistoryStand::key(3))) == "replayed");
    CHECK(stand.seen(3) == Lines{"y w 10-15 10"});
}

TEST_CASE("a replayed delete makes up for older letters, which would bring the row back", "[replay]") {
    HistoryStand stand(each_kind());
    stand.append({HistoryStand::letter('c', 10, HistoryStand::row("a")),
                  HistoryStand::letter('d', 20, {}, 1, HistoryStand::key())});
    CHECK(stand.replay({2}) == Lines{"2 replayed"});
    CHECK(stand.states() == "superseded replayed");
}

TEST_CASE("a version that the letter's own transaction began is replaced", "[replay]") {
    HistoryStand stand(each_kind());
    stand.version(1, "a", 10, 20, 10);
    stand.version(1, "b", 20, 0, 20);
    CHECK(stand.replay_one(HistoryStand::letter('u', 20, HistoryStand::row("c"))) == "replayed");
    CHECK(stand.seen() == Lines{"a w 10-20 10", "c w 20-* 20"});
    CHECK(stand.replay_one(HistoryStand::letter('u', 20, HistoryStand::row("a"))) == "replayed");
    CHECK(stand.seen() == Lines{"a w 10-* 10"});
}

TEST_CASE("a letter that moved a row ends the version of its old key", "[replay]") {
    HistoryStand stand(each_kind());
    stand.version(1, "a", 10, 0, 10);
    stand.version(3, "gone already", 10, 20, 10);
    CHECK(stand.replay_one(HistoryStand::letter('u', 20, HistoryStand::row("b", 2), 2,
                                                HistoryStand::key())) == "replayed");
    CHECK(stand.seen() == Lines{"a w 10-20 10"});
    CHECK(stand.seen(2) == Lines{"b w 20-* 20"});
    CHECK(stand.replay_one(HistoryStand::letter('u', 20, HistoryStand::row("b", 4), 4,
                                                HistoryStand::key(3))) == "replayed");
    CHECK(stand.seen(3) == Lines{"gone already w 10-20 10"});
    const std::string refused =
        stand.replay_one(HistoryStand::letter('u', 30, R"({"id":"5","v":"c"})", 5, HistoryStand::key(2)));
    CHECK(refused.starts_with("refused: it leaves out values"));
}

TEST_CASE("what a letter leaves out is that of the version that it found", "[replay]") {
    HistoryStand stand(each_kind());
    stand.version(1, "a", 10, 30, 10);
    stand.version(1, "c", 30, 0, 30);
    stand.exec("UPDATE public.t_history SET w = 'large' WHERE v = 'a'");
    const std::string partial = R"({"id":"1","v":"b"})";
    CHECK(stand.replay_one(HistoryStand::letter('u', 20, partial)) == "replayed");
    CHECK(stand.seen() == Lines{"a large 10-20 10", "b large 20-30 20", "c w 30-* 30"});
    CHECK(stand.replay_one(HistoryStand::letter('u', 40, R"({"id":"1"})")) == "replayed");
    CHECK(stand.seen().size() == 3);

    stand.append({HistoryStand::letter('u', 50, HistoryStand::row("d")),
                  HistoryStand::letter('u', 60, R"({"id":"1","v":"e"})")});
    CHECK(stand.replay({4}).at(0).find("older letter") != std::string::npos);
    stand.exec("UPDATE walferry.dead_letter SET state = 'discarded' WHERE id = 3");
    CHECK(stand.replay({4}).at(0).find("was discarded") != std::string::npos);
    CHECK(stand.replay_one(HistoryStand::letter('u', 20, R"({"id":"7","v":"b"})", 7))
              .find("lacks the version") != std::string::npos);
}

TEST_CASE("a row of a first copy holds since ever where the configuration says so", "[replay]") {
    HistoryStand stand(each_kind(), ", first_valid_from: beginning");
    CHECK(stand.replay_one(HistoryStand::letter('r', 10, HistoryStand::row("a"))) == "replayed");
    CHECK(stand.seen() == Lines{"a w -* 10"});
    CHECK(stand.replay_one(HistoryStand::letter('u', 20, HistoryStand::row("b"))) == "replayed");
    CHECK(stand.seen() == Lines{"a w -20 10", "b w 20-* 20"});
}

TEST_CASE("with tracked columns the newest row is kept beside while its version is older", "[replay]") {
    HistoryStand stand(each_kind(), ", track: [v]");
    const TablePlan& plan = stand.plans.at(0).plan;
    REQUIRE(plan.keeps_latest());
    const auto latest = [&] { return stand.rows("SELECT c0, c1, c2 FROM " + to_sql(plan.latest)); };
    stand.version(1, "a", 10, 0, 10);
    CHECK(stand.replay_one(HistoryStand::letter('u', 20, R"({"id":"1","v":"a","w":"newer"})")) == "replayed");
    CHECK(stand.seen() == Lines{"a w 10-* 10"});
    CHECK(latest() == Lines{"1|a|newer"});
    CHECK(stand.replay_one(HistoryStand::letter('u', 30, R"({"id":"1","v":"b"})")) == "replayed");
    CHECK(stand.seen() == Lines{"a w 10-30 10", "b newer 30-* 30"});
    CHECK(latest().empty());
    CHECK(stand.replay_one(HistoryStand::letter('u', 15, R"({"id":"1","v":"aa"})")).find("nobody knows") !=
          std::string::npos);
    CHECK(stand.replay_one(HistoryStand::letter('u', 15, R"({"id":"1","v":"a","w":"between"})")) ==
          "replayed");
    CHECK(latest().empty());
    CHECK(stand.replay_one(HistoryStand::letter('u', 40, R"({"id":"1","v":"b","w":"x"})")) == "replayed");
    CHECK(latest() == Lines{"1|b|x"});
    CHECK(stand.replay_one(HistoryStand::letter('d', 50, {}, 1, HistoryStand::key())) == "replayed");
    CHECK(latest().empty());
}

}  // namespace walferry
