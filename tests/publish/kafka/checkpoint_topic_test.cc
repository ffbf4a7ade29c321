#include "publish/kafka/checkpoint_topic.h"

#include "tests/support/catch.h"
#include "tests/support/kafka_stand.h"

namespace walferry::testing {
namespace {

void save(const CheckpointTopic& topic, KafkaProducer& producer, const std::string& key,
          const std::string& value) {
    must(producer.begin());
    must(topic.save(producer, key, value));
    must(producer.commit());
}

/// Written to the end, where everyone can see that it is there, and then taken back.
void save_and_abort(const CheckpointTopic& topic, const std::string& name, KafkaProducer& producer,
                    const std::string& key) {
    const std::int64_t before = written_end(name);
    must(producer.begin());
    must(topic.save(producer, key, "aborted"));
    step_until(
        "written checkpoint", [] {}, [&] { return written_end(name) > before; });
    must(producer.abort());
}

TEST_CASE("a checkpoint topic is made when it is absent, and has the last committed value of each key") {
    const KafkaOptions kafka{shared_broker().address()};
    const auto topic = must(CheckpointTopic::open(kafka, "checkpoints"));
    const auto producer = must(open_producer("checkpoints"));
    CHECK_FALSE(must(topic->last("shop")));
    save(*topic, *producer, "shop", "1");
    save(*topic, *producer, "other", "8");
    save(*topic, *producer, "shop", "2");
    CHECK(must(topic->last("shop")) == "2");
    save_and_abort(*topic, "checkpoints", *producer, "shop");
    const auto reopened = must(CheckpointTopic::open(kafka, "checkpoints"));
    CHECK(must(reopened->last("shop")) == "2");
    CHECK(must(reopened->last("other")) == "8");
    CHECK_FALSE(must(reopened->last("sho")));
}

TEST_CASE("the last checkpoint survives compaction, and an aborted write behind it") {
    const KafkaOptions kafka{shared_broker().address()};
    shared_broker().create_topic("compacted", 1,
                                 {{"cleanup.policy", "compact"},
                                  {"segment.ms", "50"},
                                  {"min.cleanable.dirty.ratio", "0.01"},
                                  {"delete.retention.ms", "0"}});
    const auto topic = must(CheckpointTopic::open(kafka, "compacted"));
    const auto producer = must(open_producer("compacted"));
    save(*topic, *producer, "other", "once");
    int written = 0;
    // A write ends a segment that is old enough; what is in such segments may be compacted.
    step_until(
        "compaction",
        [&] {
            for (int round = 0; round < 5; ++round)
                save(*topic, *producer, "shop", std::to_string(++written));
            save(*topic, *producer, "filler", "x");
        },
        [&] {
            const auto values = committed_values("compacted");
            return written > 20 && std::find(values.begin(), values.end(), "1") == values.end();
        });
    save_and_abort(*topic, "compacted", *producer, "shop");
    CHECK(must(topic->last("shop")) == std::to_string(written));
    CHECK(must(topic->last("other")) == "once");
}

TEST_CASE("a committed checkpoint behind another pipeline's open transaction is waited for, not missed") {
    const KafkaOptions kafka{shared_broker().address()};
    const auto topic = must(CheckpointTopic::open(kafka, "held"));
    const auto ours = must(open_producer("held ours"));
    save(*topic, *ours, "ours", "old");
    const auto others = must(open_producer("held others", {{"transaction.timeout.ms", "1000"}}));
    // A checkpoint and its marker.
    step_until(
        "end of the first transaction", [] {}, [] { return written_end("held") == 2; });
    must(others->begin());
    must(topic->save(*others, "others", "never"));
    step_until(
        "open transaction", [] {}, [] { return written_end("held") == 3; });
    save(*topic, *ours, "ours", "new");
    CHECK(must(topic->last("ours")) == "new");
    CHECK_FALSE(must(topic->last("others")));
}

TEST_CASE("a topic that would lose checkpoints is refused") {
    const KafkaOptions kafka{shared_broker().address()};
    shared_broker().create_topic("plain");
    shared_broker().create_topic("wide", 2, {{"cleanup.policy", "compact"}});
    const auto plain = CheckpointTopic::open(kafka, "plain");
    REQUIRE(plain.has_error());
    CHECK(plain.error().kind == ErrorKind::Refused);
    CHECK_THAT(plain.error().message, CONTAINS_TEXT("cleanup.policy delete"));
    const auto wide = CheckpointTopic::open(kafka, "wide");
    REQUIRE(wide.has_error());
    CHECK(wide.error().kind == ErrorKind::Refused);
    CHECK_THAT(wide.error().message, CONTAINS_TEXT("2 partitions"));
}

}  // namespace
}  // namespace walferry::testing
