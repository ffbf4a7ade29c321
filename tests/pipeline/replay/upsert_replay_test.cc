#include "tests/pipeline/replay/replay_stand.h"

namespace walferry {

using namespace testing;

namespace {

constexpr const char* keyed_upsert = "CREATE TABLE t (id integer PRIMARY KEY, v text, n integer)";
constexpr const char* keyless =
    "CREATE TABLE t (id integer, x double precision); ALTER TABLE t REPLICA IDENTITY FULL";

struct UpsertStand : ReplayStand {
    explicit UpsertStand(WarehouseKind of_kind, const std::string& rule = "mode: upsert",
                         const std::string& sql = keyed_upsert)
        : ReplayStand(of_kind, sql, rule) {}

    void put(int id, const std::string& v, int n, std::uint64_t commit_lsn) {
        exec(fmt::format(
            "INSERT INTO public.t (id, v, n, _walferry_lsn, _walferry_synced_at) VALUES ({}, '{}', "
            "{}, {}, now())",
            id, v, n, lsn(commit_lsn)));
    }
    Lines seen() {
        return rows("SELECT id, v, n, " + number("_walferry_lsn") + " FROM public.t ORDER BY id");
    }
};

std::string key(int id) {
    return fmt::format(R"({{"id":"{}"}})", id);
}
std::string row(int id, const std::string& v, int n) {
    return fmt::format(R"({{"id":"{}","v":"{}","n":"{}"}})", id, v, n);
}
/// Without v, which the stream left out.
std::string partial(int id, int n) {
    return fmt::format(R"({{"id":"{}","n":"{}"}})", id, n);
}

}  // namespace

TEST_CASE("a replayed letter puts its row into the target with its own position", "[replay]") {
    UpsertStand stand(each_kind());
    stand.put(2, "old", 1, 10);
    stand.append({ReplayStand::letter('c', 20, key(1), {}, row(1, "it's new", 7)),
                  ReplayStand::letter('u', 21, key(2), {}, R"({"id":"2","v":null,"n":"9"})"),
                  ReplayStand::letter('r', 22, key(3), {}, row(3, "copied", 8))});
    CHECK(stand.replay() == Lines{"1 replayed", "2 replayed", "3 replayed"});
    CHECK(stand.seen() == Lines{"1|it's new|7|20", "2|NULL|9|21", "3|copied|8|22"});
    CHECK(stand.states() == "replayed replayed replayed");
    CHECK(stand.rows("SELECT count(*) FROM public.t WHERE _walferry_synced_at IS NULL") == Lines{"0"});
}

TEST_CASE("a letter never overwrites or deletes a newer row", "[replay]") {
    UpsertStand stand(each_kind());
    stand.put(1, "newer", 1, 30);
    CHECK(stand.replay_one(ReplayStand::letter('u', 20, key(1), {}, row(1, "x", 2))) == "superseded");
    CHECK(stand.replay_one(ReplayStand::letter('u', 20, key(1), {}, partial(1, 2))) == "superseded");
    CHECK(stand.replay_one(ReplayStand::letter('c', 20, key(1), {}, row(1, "x", 2))) == "superseded");
    CHECK(stand.replay_one(ReplayStand::letter('d', 20, key(1), key(1), {})) == "superseded");
    CHECK(stand.seen() == Lines{"1|newer|1|30"});
    CHECK(stand.states() == "superseded superseded superseded superseded");
}

TEST_CASE("a row of the letter's own transaction is replaced", "[replay]") {
    UpsertStand stand(each_kind());
    stand.put(1, "an earlier step", 1, 20);
    CHECK(stand.replay_one(ReplayStand::letter('u', 20, key(1), {}, row(1, "x", 2))) == "replayed");
    CHECK(stand.seen() == Lines{"1|x|2|20"});
}

TEST_CASE("what a letter leaves out is taken from the row that stands, if nothing lies between", "[replay]") {
    UpsertStand stand(each_kind());
    stand.put(1, "large", 1, 10);
    CHECK(stand.replay_one(ReplayStand::letter('u', 20, key(1), {}, partial(1, 2))) == "replayed");
    CHECK(stand.seen() == Lines{"1|large|2|20"});

    const std::string missing = stand.replay_one(ReplayStand::letter('u', 21, key(5), {}, partial(5, 2)));
    CHECK(missing.starts_with("refused: it leaves out values"));

    stand.append({ReplayStand::letter('u', 30, key(1), {}, row(1, "x", 3)),
                  ReplayStand::letter('u', 40, key(1), {}, partial(1, 4))});
    CHECK(stand.replay({4}).at(0).starts_with("4 refused: it leaves out values"));
    CHECK(stand.replay({4}).at(0).find("older letter") != std::string::npos);
    stand.exec("UPDATE walferry.dead_letter SET state = 'discarded' WHERE id = 3");
    CHECK(stand.replay({4}).at(0).find("was discarded") != std::string::npos);
    CHECK(stand.seen() == Lines{"1|large|2|20"});
    CHECK(stand.rows("SELECT error_code FROM walferry.dead_letter WHERE id = 4") == Lines{"partial"});

    stand.exec("UPDATE walferry.dead_letter SET state = 'pending' WHERE id = 3");
    CHECK(stand.replay({3, 4}) == Lines{"3 replayed", "4 replayed"});
    CHECK(stand.seen() == Lines{"1|x|4|40"});
}

TEST_CASE("an old image has the values that the new one leaves out", "[replay]") {
    UpsertStand stand(each_kind(), "mode: upsert",
                      std::string(keyed_upsert) + "; ALTER TABLE t REPLICA IDENTITY FULL");
    CHECK(stand.replay_one(ReplayStand::letter('u', 20, key(1), row(1, "large", 1), partial(1, 2))) ==
          "replayed");
    CHECK(stand.seen() == Lines{"1|large|2|20"});
}

TEST_CASE("a replayed delete removes the older row, and makes up for older letters", "[replay]") {
    UpsertStand stand(each_kind());
    stand.put(1, "old", 1, 10);
    stand.put(2, "other", 1, 10);
    stand.append({ReplayStand::letter('c', 15, key(3), {}, row(3, "gone again", 1)),
                  ReplayStand::letter('d', 20, key(1), key(1), {}),
                  ReplayStand::letter('d', 21, key(3), R"({"id":"3","v":null,"n":null})", {})});
    CHECK(stand.replay({2, 3}) == Lines{"2 replayed", "3 replayed"});
    CHECK(stand.seen() == Lines{"2|other|1|10"});
    CHECK(stand.states() == "superseded replayed replayed");
}

TEST_CASE("where deletes are soft a replayed one marks the row, and an insert unmarks it", "[replay]") {
    UpsertStand stand(each_kind(), "mode: upsert, on_delete: soft");
    stand.exec("INSERT INTO public.t VALUES (1, 'v', 1, false, " + stand.lsn(10) + ", now())");
    CHECK(stand.replay_one(ReplayStand::letter('d', 20, key(1), key(1), {})) == "replayed");
    const std::string seen = "SELECT id, v, CASE WHEN _walferry_deleted THEN 1 ELSE 0 END, " +
                             stand.number("_walferry_lsn") + " FROM public.t";
    CHECK(stand.rows(seen) == Lines{"1|v|1|20"});
    CHECK(stand.replay_one(ReplayStand::letter('c', 15, key(1), {}, row(1, "late", 2))) == "superseded");
    CHECK(stand.replay_one(ReplayStand::letter('c', 30, key(1), {}, row(1, "w", 2))) == "replayed");
    CHECK(stand.rows(seen) == Lines{"1|w|0|30"});
}

TEST_CASE("where deletes are ignored a replayed one does nothing", "[replay]") {
    UpsertStand stand(each_kind(), "mode: upsert, on_delete: ignore");
    stand.put(1, "v", 1, 10);
    CHECK(stand.replay_one(ReplayStand::letter('d', 20, key(1), key(1), {})) == "replayed");
    CHECK(stand.seen() == Lines{"1|v|1|10"});
}

TEST_CASE("an update that moved a row puts it under its new key only", "[replay]") {
    UpsertStand stand(each_kind());
    stand.put(1, "left behind", 1, 10);
    stand.put(4, "taken since", 1, 50);
    CHECK(stand.replay_one(ReplayStand::letter('u', 20, key(2), key(1), row(2, "moved", 2))) == "replayed");
    CHECK(stand.replay_one(ReplayStand::letter('u', 20, key(3), key(4), row(3, "moved too", 2))) ==
          "replayed");
    const std::string refused = stand.replay_one(ReplayStand::letter('u', 20, key(5), key(2), partial(5, 2)));
    CHECK(refused.starts_with("refused: it leaves out values"));
    CHECK(stand.seen() == Lines{"2|moved|2|20", "3|moved too|2|20", "4|taken since|1|50"});
}

TEST_CASE("without metadata only a row that is not there is put", "[replay]") {
    UpsertStand stand(each_kind(), "mode: upsert, metadata: false");
    stand.exec("INSERT INTO public.t VALUES (1, 'v', 1)");
    CHECK(
        stand.replay_one(ReplayStand::letter('u', 20, key(1), {}, row(1, "x", 2))).find("metadata: false") !=
        std::string::npos);
    CHECK(stand.replay_one(ReplayStand::letter('d', 20, key(1), key(1), {})).find("metadata: false") !=
          std::string::npos);
    CHECK(stand.replay_one(ReplayStand::letter('c', 20, key(2), {}, row(2, "x", 2))) == "replayed");
    CHECK(stand.rows("SELECT id, v, n FROM public.t ORDER BY id") == Lines{"1|v|1", "2|x|2"});
}

TEST_CASE("in a table without key a letter adds, removes or replaces one of the equal rows", "[replay]") {
    UpsertStand stand(each_kind(), "mode: upsert", keyless);
    for (const char* x : {"-0", "-0", "0"}) {
        stand.exec(fmt::format("INSERT INTO public.t VALUES (1, CAST('{}' AS double precision), {}, now())",
                               x, stand.lsn(10)));
    }
    const auto whole = [](const char* x) { return std::string(R"({"id":"1","x":)") + x + "}"; };
    const std::string minus = whole(R"("-0")"), null_row = whole("null"), two = whole(R"("2")");
    CHECK(stand.replay_one(ReplayStand::letter('d', 20, minus, minus, {})) == "replayed");
    CHECK(stand.replay_one(ReplayStand::letter('c', 21, null_row, {}, null_row)) == "replayed");
    CHECK(stand.replay_one(ReplayStand::letter('c', 22, null_row, {}, null_row)) == "replayed");
    CHECK(stand.replay_one(ReplayStand::letter('u', 23, two, null_row, two)) == "replayed");
    CHECK(stand.replay_one(ReplayStand::letter('u', 24, two, whole(R"("8")"), two)) == "superseded");
    CHECK(stand.replay_one(ReplayStand::letter('d', 25, whole(R"("9")"), whole(R"("9")"), {})) ==
          "superseded");
    CHECK(stand.rows("SELECT count(*) FROM public.t WHERE CAST(x AS text) LIKE '-0%'") == Lines{"1"});
    CHECK(stand.rows("SELECT count(*) FROM public.t WHERE x IS NULL") == Lines{"1"});
    CHECK(stand.rows("SELECT count(*) FROM public.t WHERE x = 2") == Lines{"1"});
    CHECK(stand.rows("SELECT count(*) FROM public.t") == Lines{"4"});
}

TEST_CASE("equal letters of a table without key are two rows", "[replay]") {
    UpsertStand stand(each_kind(), "mode: upsert", keyless);
    const std::string whole = R"({"id":"1","x":null})";
    stand.append(
        {ReplayStand::letter('c', 20, whole, {}, whole), ReplayStand::letter('c', 21, whole, {}, whole)});
    CHECK(stand.replay({2}) == Lines{"2 replayed"});
    CHECK(stand.replay() == Lines{"1 replayed"});
    CHECK(stand.rows("SELECT count(*) FROM public.t") == Lines{"2"});
}

}  // namespace walferry
