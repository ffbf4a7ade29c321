#include "pipeline/start_rules.h"

#include "tests/support/catch.h"

namespace walferry {

namespace {

/// A pipeline in good order.
StartFacts good() {
    StartFacts facts;
    facts.source = {42, 1, Lsn{5000}, 150'000, "shop", false};
    SlotStatus slot;
    slot.name = "s";
    slot.plugin = "pgoutput";
    slot.database = "shop";
    slot.confirmed_flush_lsn = Lsn{900};
    slot.wal_status = "reserved";
    facts.slot = slot;
    facts.checkpoint = Checkpoint{Lsn{1000}, 42, 1, "s", true, 7};
    return facts;
}

void check_goes(const StartFacts& facts, StartKind kind) {
    const auto judged = judge_start(facts, "p", "s");
    INFO((judged ? "" : describe(judged.error())));
    REQUIRE(judged);
    CHECK(judged.value() == kind);
}

void check_refused(const StartFacts& facts, const std::string& said) {
    const auto judged = judge_start(facts, "p", "s");
    REQUIRE_FALSE(judged);
    CAPTURE(describe(judged.error()));
    CHECK(judged.error().kind == ErrorKind::Refused);
    CHECK(judged.error().message.find(said) != std::string::npos);
    CHECK(judged.error().way_out.find("`walferry ") != std::string::npos);
}

void check_not_renewed(const StartFacts& facts, const std::string& said) {
    const Status judged = judge_new_slot(facts, "p", "s");
    REQUIRE_FALSE(judged);
    CAPTURE(describe(judged.error()));
    CHECK(judged.error().kind == ErrorKind::Refused);
    CHECK(judged.error().message.find(said) != std::string::npos);
    CHECK(judged.error().way_out.find("`walferry ") != std::string::npos);
}

}  // namespace

TEST_CASE("a pipeline in good order goes on") {
    check_goes(good(), StartKind::Continue);
}

TEST_CASE("a slot confirmed exactly up to the checkpoint goes on") {
    StartFacts facts = good();
    facts.slot->confirmed_flush_lsn = Lsn{1000};
    facts.source.position = Lsn{1000};
    check_goes(facts, StartKind::Continue);
}

TEST_CASE("without slot and checkpoint a pipeline starts fresh") {
    StartFacts facts = good();
    facts.slot.reset();
    facts.checkpoint.reset();
    check_goes(facts, StartKind::Fresh);
}

TEST_CASE("a set-up that was interrupted before its first position starts over, with a slot or without") {
    StartFacts facts = good();
    facts.checkpoint->position = Lsn{};
    check_goes(facts, StartKind::Unfinished);
    facts.slot.reset();
    check_goes(facts, StartKind::Unfinished);
}

TEST_CASE("a timeline that was left after the checkpoint goes on") {
    StartFacts facts = good();
    facts.source.timeline = 2;
    facts.timeline_end = Lsn{1000};
    check_goes(facts, StartKind::Continue);
}

TEST_CASE("every dangerous start is refused and names the way out") {
    StartFacts facts = good();
    SECTION("a slot without a checkpoint") {
        facts.checkpoint.reset();
        check_refused(facts, "no checkpoint");
    }
    SECTION("a checkpoint without a slot") {
        facts.slot.reset();
        check_refused(facts, "gone");
    }
    SECTION("a slot ahead of the checkpoint") {
        facts.slot->confirmed_flush_lsn = Lsn{1001};
        check_refused(facts, "confirmed up to 0/3E9");
    }
    SECTION("another cluster") {
        facts.source.system_identifier = 43;
        check_refused(facts, "wrong server");
    }
    SECTION("a source behind the checkpoint") {
        facts.source.position = Lsn{999};
        check_refused(facts, "before the checkpoint");
    }
    SECTION("an older timeline") {
        facts.checkpoint->timeline = 2;
        check_refused(facts, "an old primary");
    }
    SECTION("a timeline that was left before the checkpoint, though the source has written past it") {
        facts.source.timeline = 2;
        facts.timeline_end = Lsn{999};
        check_refused(facts, "left timeline 1");
    }
    SECTION("a timeline that was left nobody knows where") {
        facts.source.timeline = 2;
        check_refused(facts, "unknown position");
    }
    SECTION("a lost slot") {
        facts.slot->wal_status = "lost";
        check_refused(facts, "lost");
    }
    SECTION("an invalidated slot") {
        facts.slot->invalidation_reason = "idle_timeout";
        check_refused(facts, "idle_timeout");
    }
    SECTION("a slot of another plugin") {
        facts.slot->plugin = "test_decoding";
        check_refused(facts, "test_decoding");
    }
    SECTION("a temporary slot") {
        facts.slot->temporary = true;
        check_refused(facts, "permanent");
    }
    SECTION("a slot of another database") {
        facts.slot->database = "other";
        check_refused(facts, "other");
    }
    SECTION("a checkpoint of another slot") {
        facts.checkpoint->slot = "another";
        check_refused(facts, "another");
    }
    SECTION("a lost slot of a set-up that was interrupted") {
        facts.checkpoint->position = Lsn{};
        facts.slot->wal_status = "lost";
        check_refused(facts, "lost");
    }
}

TEST_CASE("where a new slot helps, the way out says so, and it is not refused then") {
    StartFacts facts = good();
    SECTION("the slot is gone") {
        facts.slot.reset();
    }
    SECTION("the slot is lost") {
        facts.slot->wal_status = "lost";
    }
    SECTION("the slot is ahead of the checkpoint") {
        facts.slot->confirmed_flush_lsn = Lsn{1001};
    }
    const auto judged = judge_start(facts, "p", "s");
    REQUIRE_FALSE(judged);
    CHECK(judged.error().way_out.find("`walferry resync CONFIG --all --new-slot`") != std::string::npos);
    CHECK(judge_new_slot(facts, "p", "s"));
}

TEST_CASE("a new slot is refused where it would not resolve anything") {
    StartFacts facts = good();
    REQUIRE(judge_new_slot(facts, "p", "s"));
    SECTION("without a checkpoint") {
        facts.checkpoint.reset();
        check_not_renewed(facts, "nothing to renew");
    }
    SECTION("before the first position") {
        facts.checkpoint->position = Lsn{};
        check_not_renewed(facts, "interrupted");
    }
    SECTION("on another cluster") {
        facts.source.system_identifier = 43;
        check_not_renewed(facts, "wrong server");
    }
    SECTION("on a source whose log ends before the checkpoint") {
        facts.source.position = Lsn{999};
        check_not_renewed(facts, "before the checkpoint");
    }
    SECTION("on a timeline that lacks what the targets have") {
        facts.source.timeline = 2;
        facts.timeline_end = Lsn{999};
        check_not_renewed(facts, "left timeline 1");
    }
    SECTION("for a slot of another name") {
        facts.checkpoint->slot = "another";
        check_not_renewed(facts, "another");
    }
    SECTION("for somebody else's slot") {
        facts.slot->plugin = "test_decoding";
        check_not_renewed(facts, "test_decoding");
    }
    SECTION("while it is in use") {
        facts.slot->active = true;
        check_not_renewed(facts, "in use");
    }
}

}  // namespace walferry
