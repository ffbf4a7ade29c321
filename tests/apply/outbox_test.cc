#include "apply/outbox.h"

#include <nlohmann/json.hpp>

#include "tests/apply/stand.h"
#include "tests/support/catch.h"

namespace walferry {

using namespace testing;

namespace {

using Lines = std::vector<std::string>;

BatchApplier announcing(Stand& stand, Lsn position = Lsn{100}) {
    return BatchApplier(*stand.file.session, WarehouseKind::DuckDb,
                        {std::make_shared<PipelineCheckpoint>(CheckpointStore(stand.control), 1),
                         TableStateStore(stand.control), stand.registry, *stand.letters, nullptr, 1, false,
                         position, 0, true});
}

Lines seen(Stand& stand, const std::string& columns) {
    Lines lines;
    for (const auto& row : must(stand.other->query("SELECT " + columns +
                                                   " FROM walferry.outbox WHERE pipeline = 'p' ORDER BY id"))
                               .rows)
        lines.push_back(joined(row));
    return lines;
}

}  // namespace

TEST_CASE("a batch writes one outbox row for each table, in its own commit, with the source's events") {
    Stand stand;
    BatchApplier applier = announcing(stand);
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 200, {Stand::insert(1, "a"), Stand::insert(2, "b"), Stand::remove(2)});
    stand.transact(builder, 300, {Stand::update(1, "c")});
    CHECK(seen(stand, "*").empty());
    must(applier.apply(*builder.take()));
    CHECK(seen(stand, "id, kind, source_table, target_table, commit_lsn, published_at IS NULL") ==
          Lines{"1|batch|public.t|main.t|300|true"});
    const auto payload = nlohmann::json::parse(seen(stand, "payload::text").at(0));
    CHECK(payload["counts"] == nlohmann::json{{"c", 2}, {"u", 1}, {"d", 1}, {"t", 0}});
    CHECK(payload["first_commit_ts"] == "2000-01-01T00:00:00.000001Z");
    CHECK(payload["last_commit_ts"] == "2000-01-01T00:00:00.000001Z");
}

TEST_CASE("the steps of a large transaction share one outbox row, which comes with the last of them") {
    Stand stand;
    BatchApplier applier = announcing(stand);
    BatchBuilder builder = stand.builder();
    stand.begin(builder, 300);
    for (int step = 0; step < 3; ++step) {
        stand.change(builder, Stand::insert(step, "v"));
        CHECK_FALSE(must(applier.apply(*builder.take())));
        CHECK(seen(stand, "*").empty());
    }
    stand.change(builder, Stand::remove(0));
    builder.commit(stand.transaction);
    must(applier.apply(*builder.take()));
    const Lines payloads = seen(stand, "payload::text");
    REQUIRE(payloads.size() == 1);
    CHECK(nlohmann::json::parse(payloads[0])["counts"] ==
          nlohmann::json{{"c", 3}, {"u", 0}, {"d", 1}, {"t", 0}});
}

TEST_CASE("outbox ids go on where the last instance ended, and a batch that failed leaves no row") {
    Stand stand;
    {
        BatchApplier applier = announcing(stand);
        BatchBuilder builder = stand.builder();
        stand.transact(builder, 200, {Stand::insert(1, "a")});
        must(applier.apply(*builder.take()));
        stand.transact(builder, 300, {Stand::insert(2, "b")});
        auto batch = builder.take();
        batch->position = Lsn{50};  // the checkpoint refuses it, after the outbox was written
        CHECK_FALSE(applier.apply(*batch));
        stand.file.session->rollback();
    }
    CHECK(seen(stand, "id") == Lines{"1"});
    BatchApplier next = announcing(stand, Lsn{210});
    BatchBuilder builder = stand.builder(Lsn{210});
    stand.transact(builder, 300, {Stand::insert(2, "b")});
    must(next.apply(*builder.take()));
    stand.transact(builder, 400, {Stand::insert(3, "c")});
    must(next.apply(*builder.take()));
    CHECK(seen(stand, "id, commit_lsn") == Lines{"1|200", "2|300", "3|400"});
}

TEST_CASE("a position alone is not announced, and without an outbox nothing is") {
    Stand stand;
    BatchApplier applier = announcing(stand);
    BatchBuilder builder = stand.builder();
    builder.position({Lsn{500}, false});
    must(applier.apply(*builder.take()));
    CHECK(seen(stand, "*").empty());
    BatchApplier silent = stand.applier(1, Lsn{500});
    stand.transact(builder, 600, {Stand::insert(1, "a")});
    must(silent.apply(*builder.take()));
    CHECK(seen(stand, "*").empty());
}

TEST_CASE("a table that is being copied is announced once it streams, not while its changes are kept") {
    Stand stand(TableState::Copying);
    BatchApplier applier = announcing(stand);
    BatchBuilder builder = stand.builder();
    stand.transact(builder, 200, {Stand::insert(1, "kept")}, 20);
    must(applier.apply(*builder.take()));
    CHECK(seen(stand, "*").empty());
    stand.table->rows_copied = 7;
    stand.table->snapshot = Snapshot{20, 20, {}};
    stand.table->snapshot_lsn = Lsn{150};
    stand.table->state = TableState::CatchingUp;
    must(applier.catch_up());
    stand.transact(builder, 300, {Stand::update(1, "direct")}, 21);
    must(applier.apply(*builder.take()));
    CHECK(seen(stand, "id, kind, target_table, commit_lsn") ==
          Lines{"1|copied|main.t|310", "2|batch|main.t|300"});
    CHECK(nlohmann::json::parse(seen(stand, "payload::text").at(0)) == nlohmann::json{{"rows", 7}});
}

TEST_CASE("each target of a table has an outbox row of its own") {
    Stand stand;
    Outbox outbox(stand.control);
    EventCounts counts;
    counts.inserts = 1;
    for (const char* target : {"main.t", "main.t_history", "main.t"})
        outbox.note({"public.t", target, counts, Lsn{200}, 10, 20});
    outbox.announce({"schema_changed", "public.t", "main.t", "{}"});
    must(outbox.write(*stand.file.session, Lsn{210}));
    must(outbox.write(*stand.file.session, Lsn{220}));  // nothing is left
    CHECK(seen(stand, "id, kind, target_table, commit_lsn, (payload->'counts'->>'c')") ==
          Lines{"1|schema_changed|main.t|210|NULL", "2|batch|main.t|200|2", "3|batch|main.t_history|200|1"});
}

}  // namespace walferry
