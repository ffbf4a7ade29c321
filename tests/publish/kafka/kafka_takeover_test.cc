#include "publish/kafka/checkpoint_topic.h"
#include "tests/support/catch.h"
#include "tests/support/kafka_stand.h"

namespace walferry::testing {
namespace {

TEST_CASE(
    "a process killed amid a transaction leaves nothing, and its successor goes on from the checkpoint") {
    shared_broker().create_topic("killed");
    const KafkaOptions kafka{shared_broker().address()};
    {
        const auto producer = must(open_producer("killed"));
        const auto checkpoint = must(CheckpointTopic::open(kafka, "killed.checkpoints"));
        CHECK_FALSE(must(checkpoint->last("killed")));
        must(producer->begin());
        produce(*producer, "killed", "first");
        must(checkpoint->save(*producer, "killed", "after first"));
        must(producer->commit());
    }
    const std::int64_t records = written_end("killed");
    const std::int64_t checkpoints = written_end("killed.checkpoints");
    Process writer({.command = {WALFERRY_KAFKA_WRITER, shared_broker().address(), "killed", "killed",
                                "killed.checkpoints"}});
    step_until(
        "unfinished transaction: " + writer.err(), [] {},
        [&] {
            return written_end("killed") >= records + 50 &&
                   written_end("killed.checkpoints") >= checkpoints + 1;
        });
    writer.kill();

    const auto producer = must(open_producer("killed"));
    const auto checkpoint = must(CheckpointTopic::open(kafka, "killed.checkpoints"));
    CHECK(must(checkpoint->last("killed")) == "after first");
    must(producer->begin());
    produce(*producer, "killed", "second");
    must(checkpoint->save(*producer, "killed", "after second"));
    must(producer->commit());
    CHECK(must(checkpoint->last("killed")) == "after second");
    CHECK(committed_values("killed") == std::vector<std::string>{"first", "second"});
}

TEST_CASE("a producer is fenced by a newer one of its id, and what it writes never shows") {
    shared_broker().create_topic("fenced");
    const auto older = must(open_producer("fenced"));
    must(older->begin());
    produce(*older, "fenced", "older");
    const auto newer = must(open_producer("fenced"));
    must(newer->begin());
    produce(*newer, "fenced", "newer");
    must(newer->commit());
    const Status status = older->commit();
    REQUIRE(status.has_error());
    CHECK(status.error().kind == ErrorKind::Fenced);
    CHECK_THAT(status.error().way_out, CONTAINS_TEXT("another instance writes as fenced"));
    const Status again = older->begin();
    REQUIRE(again.has_error());
    CHECK(again.error().kind == ErrorKind::Fenced);
    CHECK(committed_values("fenced") == std::vector<std::string>{"newer"});
}

}  // namespace
}  // namespace walferry::testing
