#include "dlq/dead_letter_replay.h"

#include "tests/dlq/both_warehouses.h"

using namespace walferry;
using namespace walferry::testing;

namespace {

/// A desk with a table of what was replayed, and a writer in the same thread.
struct ReplayDesk : Desk {
    using Desk::Desk;

    SingleWriter writer() {
        return [this](std::vector<WriterWork> works) {
            std::vector<Status> outcomes;
            for (const WriterWork& work : works) {
                must(session->begin());
                Status outcome = lost ? Status{Error{ErrorKind::Busy, "no session", "", ""}} : work(*session);
                if (outcome) outcome = session->commit();
                if (!outcome) session->rollback();
                outcomes.push_back(outcome);
            }
            return outcomes;
        };
    }
    ReplayReport replay(const ReplayOne& one) { return replay_letters(store(), all(), one, writer()); }

    bool lost = false;
};

std::string text_of(const ReplayReport& report) {
    std::string text;
    for (const ReplayResult& result : report.results) {
        text += (text.empty() ? "" : ", ") + std::to_string(result.id) + " " + result.key + " " +
                std::string(to_string(result.verdict)) + (result.error.empty() ? "" : ": " + result.error);
    }
    return text;
}

}  // namespace

TEST_CASE("letters are replayed in the order of their commits, and marked with what happened") {
    ReplayDesk desk(either());
    desk.append({letter_of("3", 30), letter_of("1", 10), letter_of("2", 20)});
    std::vector<std::uint64_t> order;
    const ReplayReport report = desk.replay([&](WarehouseSession&, const DeadLetter& letter) {
        order.push_back(letter.sequence.commit_lsn.value);
        ReplayOutcome outcome;
        if (letter.sequence.commit_lsn.value == 20) outcome.verdict = ReplayVerdict::Superseded;
        return Result<ReplayOutcome>{outcome};
    });
    CHECK(order == std::vector<std::uint64_t>{10, 20, 30});
    CHECK_FALSE(report.failure);
    CHECK(text_of(report) == R"(2 {"id":"1"} replayed, 3 {"id":"2"} superseded, 1 {"id":"3"} replayed)");
    CHECK(desk.states() == "2:replayed 3:superseded 1:replayed");
}

TEST_CASE("a letter that is refused again stays open, with its attempt counted and nothing written") {
    ReplayDesk desk(either());
    must(desk.session->execute("DROP TABLE IF EXISTS replayed; CREATE TABLE replayed (id bigint)"));
    desk.append({letter_of("1", 10), letter_of("2", 20)});
    const ReplayReport report = desk.replay([&](WarehouseSession& session, const DeadLetter& letter) {
        must(session.execute("INSERT INTO replayed VALUES (" + std::to_string(letter.id) + ")"));
        ReplayOutcome outcome;
        if (letter.id == 1) outcome = {ReplayVerdict::Refused, "23505", "still a duplicate", true};
        return Result<ReplayOutcome>{outcome};
    });
    CHECK(text_of(report) == R"(1 {"id":"1"} refused: still a duplicate, 2 {"id":"2"} replayed)");
    CHECK(desk.states() == "1:pending 2:replayed");
    CHECK(one(*desk.session, "SELECT sum(id) FROM replayed") == "2");
    const DeadLetter refused = desk.all().at(0);
    CHECK(refused.attempts == 2);
    CHECK(refused.error == "still a duplicate");
    CHECK(refused.error_code == "23505");
}

TEST_CASE("an error about a letter counts as a refusal, any other ends the replay") {
    ReplayDesk desk(either());
    desk.append({letter_of("1", 10), letter_of("2", 20)});
    const ReplayReport report = desk.replay([&](WarehouseSession& session, const DeadLetter&) {
        const Status broken = session.execute("INSERT INTO no_such_table VALUES (1)");
        return Result<ReplayOutcome>{broken.error()};
    });
    CHECK_FALSE(report.failure);
    REQUIRE(report.results.size() == 2);
    CHECK(report.results[1].verdict == ReplayVerdict::Refused);
    CHECK(desk.all().at(1).attempts == 2);

    desk.lost = true;
    const ReplayReport lost = desk.replay(
        [](WarehouseSession&, const DeadLetter&) { return Result<ReplayOutcome>{ReplayOutcome{}}; });
    REQUIRE(lost.failure);
    CHECK(lost.failure->kind == ErrorKind::Busy);
    CHECK(lost.results.empty());
    CHECK(desk.states() == "1:pending 2:pending");
}

TEST_CASE("a full version that is replayed supersedes the older letters of its key, a partial one does not") {
    ReplayDesk desk(either());
    desk.append({letter_of("1", 10), letter_of("1", 20), letter_of("2", 10), letter_of("2", 20)});
    const ReplayReport report = desk.replay([&](WarehouseSession&, const DeadLetter& letter) {
        ReplayOutcome outcome;
        if (letter.sequence.commit_lsn.value == 10) outcome = {ReplayVerdict::Refused, "", "no", true};
        outcome.full = letter.key == R"({"id":"1"})";
        return Result<ReplayOutcome>{outcome};
    });
    CHECK(report.results.size() == 4);
    CHECK(desk.states() == "1:superseded 3:pending 2:replayed 4:replayed");
}

TEST_CASE("a letter that was closed meanwhile is not replayed") {
    ReplayDesk desk(either());
    must(desk.session->execute("DROP TABLE IF EXISTS replayed; CREATE TABLE replayed (id bigint)"));
    desk.append({letter_of("1", 10)});
    const auto letters = desk.all();
    const std::int64_t ids[] = {1};
    must(desk.store().mark(*desk.session, ids, DeadLetterState::Discarded));
    const ReplayOne one_letter = [&](WarehouseSession& session, const DeadLetter&) {
        must(session.execute("INSERT INTO replayed VALUES (1)"));
        return Result<ReplayOutcome>{ReplayOutcome{}};
    };
    const ReplayReport report = replay_letters(desk.store(), letters, one_letter, desk.writer());
    CHECK(report.results.empty());
    CHECK_FALSE(report.failure);
    CHECK(desk.states() == "1:discarded");
    CHECK(one(*desk.session, "SELECT count(*) FROM replayed") == "0");
}
