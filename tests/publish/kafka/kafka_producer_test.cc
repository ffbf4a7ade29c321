#include "publish/kafka/kafka_producer.h"

#include <future>

#include "tests/support/catch.h"
#include "tests/support/kafka_stand.h"

namespace walferry::testing {
namespace {

TEST_CASE("keys land in the partitions where Java's clients put them") {
    constexpr int partitions = 7;
    shared_broker().create_topic("keys", partitions);
    // murmur2 of Kafka's own UtilsTest.
    const std::map<std::string, std::int32_t> hashes = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107}};
    const auto producer = must(open_producer(""));
    for (const auto& [key, hash] : hashes) {
        ProducedRecord record;
        record.topic = "keys";
        record.key = key;
        must(producer->produce(record));
    }
    must(producer->commit());
    KafkaOffsets store;
    GroupMemberStand member(store);
    must(member.open({"keys"}, "keys"));
    member.read_until(hashes.size());
    for (const ReadRecord& record : member.applied())
        CHECK(record.partition.partition == (hashes.at(*record.key) & 0x7fffffff) % partitions);
}

TEST_CASE("a transaction is visible as a whole once it is committed, never when it is aborted") {
    shared_broker().create_topic("whole", 2);
    const auto producer = must(open_producer("whole"));
    must(producer->begin());
    produce(*producer, "whole", "a", 0);
    produce(*producer, "whole", "b", 1);
    step_until(
        "written records", [] {},
        [] { return written_end("whole", 0) == 1 && written_end("whole", 1) == 1; });
    {
        KafkaOffsets store;
        GroupMemberStand reader(store);
        must(reader.open({"whole"}, "reader of an open transaction"));
        const KafkaOffsets nothing = {{{"whole", 0}, 0}, {{"whole", 1}, 0}};
        CHECK(must(reader.consumer().end_offsets(must(reader.consumer().partitions()))) == nothing);
        step_until(
            "end", [&] { must(reader.step()); }, [&] { return reader.consumer().positions() == nothing; });
        reader.apply();
        CHECK(reader.applied().empty());
    }
    must(producer->commit());
    must(producer->begin());
    produce(*producer, "whole", "never", 0);
    must(producer->abort());
    must(producer->begin());
    must(producer->commit());
    must(producer->begin());
    produce(*producer, "whole", "c", 0);
    must(producer->commit());
    auto values = committed_values("whole");
    std::sort(values.begin(), values.end());
    CHECK(values == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("more than fits the queue waits for room, and all of it arrives in order") {
    shared_broker().create_topic("many");
    const auto producer =
        must(open_producer("", {{"queue.buffering.max.messages", "100"}, {"batch.num.messages", "50"}}));
    constexpr int count = 5'000;
    for (int number = 0; number < count; ++number) produce(*producer, "many", std::to_string(number));
    must(producer->commit());
    const auto values = committed_values("many");
    REQUIRE(values.size() == count);
    bool in_order = true;
    for (int number = 0; number < count; ++number)
        in_order = in_order && values[number] == std::to_string(number);
    CHECK(in_order);
}

TEST_CASE("a record that is too large is refused by itself, and the transaction goes on") {
    shared_broker().create_topic("large");
    const auto producer = must(open_producer("large"));
    must(producer->begin());
    produce(*producer, "large", "before");
    const std::string value(2'000'000, 'x');
    ProducedRecord record;
    record.topic = "large";
    record.value = value;
    const Status status = producer->produce(record);
    REQUIRE(status.has_error());
    CHECK(status.error().kind == ErrorKind::Data);
    CHECK_THAT(status.error().way_out, CONTAINS_TEXT("message.max.bytes"));
    produce(*producer, "large", "after");
    must(producer->commit());
    CHECK(committed_values("large") == std::vector<std::string>{"before", "after"});
}

TEST_CASE(
    "a record that only the brokers find too large fails its transaction, which is taken back at once") {
    shared_broker().create_topic("larger", 1, {{"max.message.bytes", "5000"}});
    const auto producer = must(open_producer("larger", {{"compression.codec", "none"}}));
    must(producer->begin());
    produce(*producer, "larger", "never");
    step_until(
        "written record", [] {}, [] { return written_end("larger") == 1; });
    produce(*producer, "larger", std::string(50'000, 'x'));
    const Status status = producer->commit();
    REQUIRE(status.has_error());
    CHECK(status.error().kind == ErrorKind::Data);
    CHECK_THAT(status.error().message, CONTAINS_TEXT("topic larger"));
    // Readers don't wait for it.
    const auto other = must(open_producer(""));
    produce(*other, "larger", "other");
    must(other->commit());
    CHECK(committed_values("larger") == std::vector<std::string>{"other"});
    // A new producer of the same id goes on.
    const auto next = must(open_producer("larger"));
    must(next->begin());
    produce(*next, "larger", "small");
    must(next->commit());
    CHECK(committed_values("larger") == std::vector<std::string>{"other", "small"});
}

TEST_CASE("a topic that does not exist is named, with a way out") {
    const auto producer = must(open_producer("nowhere", {{"topic.metadata.propagation.max.ms", "100"}}));
    must(producer->begin());
    produce(*producer, "nowhere", "x");
    const Status status = producer->commit();
    REQUIRE(status.has_error());
    CHECK(status.error().kind == ErrorKind::Refused);
    CHECK_THAT(status.error().message, CONTAINS_TEXT("topic nowhere"));
    CHECK_THAT(status.error().way_out, CONTAINS_TEXT("make the topic"));
}

TEST_CASE("a broker that is killed amid a transaction is waited for, with and without transactions") {
    shared_broker().create_topic("survived");
    shared_broker().create_topic("survived.plainly");
    const auto transactional = must(open_producer("survivor"));
    const auto plain = must(open_producer(""));
    const auto write = [&](int first, int last) {
        for (int number = first; number < last; ++number) {
            produce(*transactional, "survived", std::to_string(number));
            produce(*plain, "survived.plainly", std::to_string(number));
        }
    };
    must(transactional->begin());
    write(0, 500);
    shared_broker().kill();
    write(500, 1'000);
    auto committed = std::async(std::launch::async, [&] { return transactional->commit(); });
    auto delivered = std::async(std::launch::async, [&] { return plain->commit(); });
    shared_broker().start();
    must(committed.get());
    must(delivered.get());
    must(transactional->begin());
    write(1'000, 1'001);
    must(transactional->commit());
    must(plain->commit());
    std::vector<std::string> expected;
    for (int number = 0; number <= 1'000; ++number) expected.push_back(std::to_string(number));
    CHECK(committed_values("survived") == expected);
    CHECK(committed_values("survived.plainly") == expected);
}

TEST_CASE("a producer without a broker says so, gives up in time, and stops when it is asked to") {
    KafkaProducerOptions options;
    options.kafka.brokers = "127.0.0.1:1";
    options.transactional_id = "absent";
    options.connect_time_max = std::chrono::seconds(1);
    const auto absent = KafkaProducer::open(options);
    REQUIRE(absent.has_error());
    CHECK(absent.error().kind == ErrorKind::Connection);
    CHECK_THAT(absent.error().message, CONTAINS_TEXT("127.0.0.1:1"));
    std::stop_source stop;
    stop.request_stop();
    options.stop = stop.get_token();
    const auto stopped = KafkaProducer::open(options);
    REQUIRE(stopped.has_error());
    CHECK(stopped.error().kind == ErrorKind::Cancelled);
}

TEST_CASE("properties of the producer that exactly-once rests on can't be set") {
    for (const std::string name : {"enable.idempotence", "acks", "request.required.acks", "transactional.id",
                                   "partitioner", "metadata.broker.list"}) {
        const auto producer = open_producer("", {{name, "0"}});
        REQUIRE(producer.has_error());
        CHECK(producer.error().kind == ErrorKind::Configuration);
        CHECK_THAT(producer.error().message, CONTAINS_TEXT("property " + name + " can't be set, since"));
    }
    CHECK(open_producer("", {{"linger.ms", "0"}, {"compression.codec", "zstd"}}).has_value());
}

}  // namespace
}  // namespace walferry::testing
