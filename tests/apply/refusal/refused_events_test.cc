#include "tests/apply/refusal/refusal_stand.h"
#include "tests/support/catch.h"

namespace walferry::testing {

namespace {

using Lines = std::vector<std::string>;
using S = RefusalStand;

constexpr const char* no_bad = "CHECK (c1 <> 'bad')";

WarehouseKind each_kind() {
    const auto kind = GENERATE(WarehouseKind::DuckDb, WarehouseKind::Postgres);
    UNSCOPED_INFO((kind == WarehouseKind::DuckDb ? "DuckDB" : "PostgreSQL"));
    return kind;
}

/// Current rows and a log.
Shape rows_and_log(WarehouseKind kind, const std::vector<std::string>& texts = {"c1"},
                   const std::string& added = "") {
    Shape shape{{S::spec(kind, TableMode::Upsert, texts), S::spec(kind, TableMode::Append, texts)}};
    if (!added.empty())
        shape.statements = "ALTER TABLE target.t ADD COLUMN " + added +
                           " text; ALTER TABLE target.t_changes ADD COLUMN " + added + " text";
    return shape;
}

/// The table is copied, and what came meanwhile is kept until it turns.
void begin_catching_up(RefusalStand& stand) {
    stand.registry.find(7)->state = TableState::CatchingUp;
}

}  // namespace

TEST_CASE("a row that a constraint refuses after its table has changed its shape is a letter, alone") {
    const WarehouseKind kind = each_kind();
    const bool one_transaction = GENERATE(true, false);
    CAPTURE(one_transaction);
    S stand(kind, rows_and_log(kind), no_bad);
    const Shape wide = rows_and_log(kind, {"c1", "c2"}, "c2");
    const Shape wider = rows_and_log(kind, {"c1", "c2", "c3"}, "c3");
    stand.reshaper.shapes = {wide, wider};
    const auto next = [&](const Shape& shape) {
        if (!one_transaction) {
            stand.end();
            stand.begin();
        }
        stand.send_shape(shape);
    };
    stand.begin();
    stand.change(S::insert({"1", "a"}));
    stand.change(S::insert({"2", "bad"}));
    next(wide);
    stand.change(S::insert({"3", "bad", "x"}));
    stand.change(S::insert({"4", "d", "y"}));
    next(wider);
    stand.change(S::update({"2", "b", "made up", "for"}));
    stand.change(S::insert({"5", "e", "y", "z"}));
    stand.change(S::insert({"6", "bad", "y", "z"}));
    stand.change(S::insert({"7", "bad", "y", "z"}));
    stand.end();
    const CommittedBatch committed = stand.apply();
    CHECK(stand.rows("SELECT * FROM (SELECT c0, c1, c2, c3 FROM target.t) AS t ORDER BY c0") ==
          Lines{"1|a|NULL|NULL", "2|b|made up|for", "4|d|y|NULL", "5|e|y|z"});
    const std::string code = kind == WarehouseKind::DuckDb ? "constraint" : "23514";
    CHECK(stand.letters() == Lines{"c {\"c0\":2} superseded " + code, "c {\"c0\":3} pending " + code,
                                   "c {\"c0\":6} pending " + code, "c {\"c0\":7} pending " + code});
    CHECK(committed.dead_letters.at({"public.t", DeadLetterStage::Apply}) == 4);
    CHECK(stand.rows("SELECT count(*) FROM target.t_changes") == Lines{"8"});
    stand.apply({S::update({"3", "c", "x", "z"})});
    CHECK(stand.letters()[1] == "c {\"c0\":3} superseded " + code);
}

TEST_CASE("a row that repeats a unique value after its table has changed its shape is a letter, alone") {
    const WarehouseKind kind = each_kind();
    S stand(kind, {{S::spec(kind)}}, "UNIQUE (c1)");
    Shape wide{{S::spec(kind)}};
    wide.targets[0].columns.push_back(text_column("c2"));
    wide.statements = "ALTER TABLE target.t ADD COLUMN c2 text";
    stand.reshaper.shapes = {wide};
    stand.apply({S::insert({"1", "a"})});
    stand.transact({S::insert({"2", "b"}), S::insert({"3", "a"})});
    stand.send_shape(wide);
    stand.transact({S::insert({"4", "b", "x"}), S::insert({"5", "c", "x"})});
    stand.apply();
    CHECK(stand.rows("SELECT c0, c1 FROM target.t ORDER BY c0") == Lines{"1|a", "2|b", "5|c"});
    CHECK(stand.letters().size() == 2);
}

TEST_CASE("from where a table has to be copied anew only its log goes on, and the session applies no more") {
    const WarehouseKind kind = each_kind();
    S stand(kind, rows_and_log(kind));
    Shape rewritten = rows_and_log(kind, {"c1", "c2"}, "c2");
    rewritten.needs_copy = true;
    stand.reshaper.shapes = {rewritten};
    SECTION("in a batch") {
        stand.transact({S::insert({"1", "a"})});
        stand.send_shape(rewritten);
        stand.transact({S::insert({"2", "b", "x"}), S::update({"1", "z", "x"})});
        stand.apply();
        CHECK(stand.rows("SELECT c0, c1 FROM target.t") == Lines{"1|a"});
        CHECK(stand.rows("SELECT c0, c1 FROM target.t_changes ORDER BY _lsn, _seq") ==
              Lines{"1|a", "2|b", "1|z"});
        CHECK(stand.reshaper.asked == 1);
    }
    SECTION("in what was kept during a copy") {
        stand.registry.find(7)->state = TableState::Copying;
        stand.send_shape(rewritten);
        stand.apply({S::insert({"1", "a", "x"})});
        begin_catching_up(stand);
        CHECK(must(stand.applier->catch_up()));
        CHECK(stand.registry.turning() == 0);  // it does not go direct, but is copied
    }
    CHECK(stand.applier->wants_start_again());
}

TEST_CASE("a table that turns from kept changes to direct ones goes by its newest shape") {
    const WarehouseKind kind = each_kind();
    S stand(kind, rows_and_log(kind), no_bad);
    const Shape wide = rows_and_log(kind, {"c1", "c2"}, "c2");
    stand.reshaper.shapes = {wide};
    stand.registry.find(7)->state = TableState::Copying;
    stand.apply({S::insert({"1", "a"})});
    const bool kept_one_has_it = GENERATE(true, false);
    const bool some_are_refused = GENERATE(false, true);
    CAPTURE(kept_one_has_it, some_are_refused);
    if (kept_one_has_it) {
        stand.send_shape(wide);
        stand.transact({S::insert({"2", "b", "x"}), S::insert({"3", some_are_refused ? "bad" : "c", "x"})});
    }
    begin_catching_up(stand);
    must(stand.applier->catch_up());
    REQUIRE(stand.registry.turning() == 1);
    if (kept_one_has_it) stand.apply();  // it was being built while the applier asked
    stand.send_shape(wide);
    stand.apply({S::insert({"4", "d", "y"}), S::insert({"5", some_are_refused ? "bad" : "e", "y"})});
    CHECK(stand.registry.find(7)->state == TableState::Streaming);
    CHECK(stand.rows("SELECT DISTINCT state FROM walferry.table_state") == Lines{"streaming"});
    CHECK(stand.rows("SELECT count(*) FROM walferry.pending_change") == Lines{"0"});
    Lines expected{"1|a|NULL"};
    if (kept_one_has_it) expected.push_back("2|b|x");
    if (kept_one_has_it && !some_are_refused) expected.push_back("3|c|x");
    expected.push_back("4|d|y");
    if (!some_are_refused) expected.push_back("5|e|y");
    CHECK(stand.rows("SELECT c0, c1, c2 FROM target.t ORDER BY c0") == expected);
    CHECK(stand.letters().size() == (some_are_refused ? (kept_one_has_it ? 2 : 1) : 0));
    // And what follows finds it as any other that streams.
    stand.apply({S::update({"1", "z", "y"})});
    CHECK(stand.rows("SELECT c1 FROM target.t WHERE c0 = 1") == Lines{"z"});
}

TEST_CASE("a direct row that repeats a unique value of a kept one is a letter") {
    const WarehouseKind kind = each_kind();
    S stand(kind, {{S::spec(kind)}}, "UNIQUE (c1)");
    stand.registry.find(7)->state = TableState::Copying;
    stand.transact({S::insert({"1", "a"})});
    begin_catching_up(stand);
    must(stand.applier->catch_up());
    stand.apply();
    stand.apply({S::insert({"2", "a"}), S::insert({"3", "b"})});
    CHECK(stand.rows("SELECT c0, c1 FROM target.t ORDER BY c0") == Lines{"1|a", "3|b"});
    CHECK(stand.letters().size() == 1);
}

TEST_CASE("a key that changes to that of a row whose newest version is a letter takes its values along") {
    const WarehouseKind kind = each_kind();
    PlanSpec spec = S::spec(kind, TableMode::Upsert, {"c1", "big"});
    spec.on_delete = GENERATE(OnDelete::Soft, OnDelete::Ignore);
    S stand(kind, {{spec}}, no_bad);
    stand.apply({S::insert({"1", "a", "large of 1"}), S::insert({"2", "b", "large of 2"})});
    stand.apply({S::update({"2", "bad", "newer of 2"})});
    stand.apply({S::remove({"2", std::nullopt, std::nullopt})});
    stand.apply({S::update({"2", "c", unchanged}, {"1", std::nullopt, std::nullopt})});
    CHECK(stand.rows("SELECT c0, c1, big FROM target.t WHERE c0 = 2") == Lines{"2|c|large of 1"});
    for (const std::string& letter : stand.letters()) CHECK(letter.find(" superseded ") != std::string::npos);
}

TEST_CASE("rows whose newest version is a letter are known under other names, also after a restart") {
    const WarehouseKind kind = each_kind();
    S stand(kind, {{S::spec(kind, TableMode::Upsert, {"c1", "big"})}}, no_bad);
    Shape renamed{{S::spec(kind, TableMode::Upsert, {"c1", "big"})}};
    const bool is_column = GENERATE(true, false);
    CAPTURE(is_column);
    if (is_column) {
        renamed.targets[0].columns[0].name = "k0";
        renamed.targets[0].key = {"k0"};
        renamed.statements = "ALTER TABLE target.t RENAME c0 TO k0";
    } else {
        renamed.source_name = "another";
    }
    const std::string key = is_column ? "k0" : "c0";
    stand.reshaper.shapes = {renamed};
    stand.apply({S::insert({"1", "a", "large"}), S::insert({"2", "bad", "large"})});
    if (GENERATE(false, true)) stand.restart();
    stand.send_shape(renamed);
    stand.apply({S::update({"2", "b", unchanged}), S::update({"1", "c", unchanged})});
    CHECK(stand.rows("SELECT " + key + ", c1, big FROM target.t") == Lines{"1|c|large"});
    REQUIRE(stand.letters().size() == 2);
    CHECK(stand.letters()[1] == "u {\"" + key + "\":2} pending hollow");
    stand.apply({S::update({"2", "d", "large, too"})});
    for (const std::string& letter : stand.letters()) CHECK(letter.find(" superseded ") != std::string::npos);
}

TEST_CASE("a deferred constraint refuses its row also in a batch of which another row was refused at once") {
    S stand(WarehouseKind::Postgres, {{S::spec(WarehouseKind::Postgres)}},
            "CHECK (c1 <> 'bad'), UNIQUE (c1) DEFERRABLE INITIALLY DEFERRED");
    stand.apply(
        {S::insert({"1", "a"}), S::insert({"2", "bad"}), S::insert({"3", "a"}), S::insert({"4", "d"})});
    CHECK(stand.rows("SELECT c0, c1 FROM target.t ORDER BY c0") == Lines{"1|a", "4|d"});
    CHECK(stand.letters() == Lines{"c {\"c0\":2} pending 23514", "c {\"c0\":3} pending 23505"});
    // Rows that break it for a moment only are none of its business.
    stand.apply({S::update({"1", "d"}), S::update({"4", "a"})});
    CHECK(stand.rows("SELECT c0, c1 FROM target.t ORDER BY c0") == Lines{"1|d", "4|a"});
    CHECK(stand.letters().size() == 2);
}

TEST_CASE("after a restart a log knows again which keys it has the newest values of") {
    const WarehouseKind kind = each_kind();
    S stand(kind, {{S::spec(kind, TableMode::Append, {"c1", "big"})}}, no_bad);
    stand.apply({S::insert({"1", "a", "large of 1"}), S::insert({"2", "a", "large of 2"}),
                 S::insert({"3", "a", "large of 3"})});
    stand.apply({S::update({"1", "bad", "refused"}), S::update({"2", "bad", "refused"}),
                 S::update({"3", "bad", "refused"})});
    stand.apply({S::update({"1", "b", "newer of 1"}), S::remove({"3", std::nullopt, std::nullopt})});
    stand.apply({S::insert({"3", "b", "newer of 3"})});
    const bool restarted = GENERATE(true, false);
    CAPTURE(restarted);
    if (restarted) stand.restart();
    stand.apply({S::update({"1", "c", unchanged}), S::update({"2", "c", unchanged}),
                 S::update({"3", "c", unchanged})});
    CHECK(stand.rows("SELECT c0, big FROM target.t_changes WHERE c1 = 'c' ORDER BY c0") ==
          Lines{"1|newer of 1", "3|newer of 3"});
    REQUIRE(stand.letters().size() == 4);
    CHECK(stand.letters()[3] == "u {\"c0\":2} pending hollow");
    // The events that the log lacks stay open.
    CHECK(stand.rows("SELECT count(*) FROM walferry.dead_letter WHERE state = 'pending'") == Lines{"4"});
}

TEST_CASE("a table without key knows its refused rows also when a column is dropped or renamed") {
    const WarehouseKind kind = each_kind();
    PlanSpec spec = S::spec(kind, TableMode::Upsert, {"c1", "c2"});
    spec.key = {};
    spec.identity = ReplicaIdentity::Full;
    S stand(kind, {{spec}}, no_bad);
    Shape changed{{spec}};
    const bool dropped = GENERATE(true, false);
    CAPTURE(dropped);
    if (dropped) {
        changed.dropped = 2;
        changed.statements = "UPDATE target.t SET c2 = NULL";
    } else {
        changed.targets[0].columns[2].name = "n2";
        changed.statements = "ALTER TABLE target.t RENAME c2 TO n2";
    }
    stand.reshaper.shapes = {changed};
    stand.apply({S::insert({"1", "bad", "x"}), S::insert({"2", "b", "x"})});
    if (GENERATE(false, true)) stand.restart();
    stand.send_shape(changed);
    const auto row = [&](const char* key, const char* text) {
        return dropped ? Row{key, text} : Row{key, text, "x"};
    };
    stand.apply({S::update_full(row("2", "b"), row("2", "c")), S::remove(row("1", "bad"), 'O')});
    CHECK(stand.rows("SELECT c0, c1 FROM target.t") == Lines{"2|c"});
    REQUIRE(stand.letters().size() == 2);
    CHECK(stand.letters()[1].ends_with("pending hollow"));
}

}  // namespace walferry::testing
