#include "capture/kafka/kafka_consumer.h"

#include "tests/support/catch.h"
#include "tests/support/kafka_stand.h"

namespace walferry::testing {
namespace {

TEST_CASE("records arrive as they were written, whatever is in them") {
    shared_broker().create_topic("trip.records", 3, {{"max.message.bytes", "10000000"}});
    const std::map<std::string, std::string> large = {{"message.max.bytes", "10000000"}};
    const auto producer = must(open_producer("", large));
    const std::string binary("\0\xff\n\x01", 4);
    const std::string five_megabytes(5'000'000, 'x');
    const std::vector<ProducedHeader> headers = {
        {"id", "7"}, {"null", std::nullopt}, {"empty", ""}, {"id", binary}};
    must(producer->produce({"trip.records", 0, "key", "value", headers, 1'700'000'000'123}));
    must(producer->produce({"trip.records", 0, std::nullopt, "no key", {}, {}}));
    must(producer->produce({"trip.records", 0, "tombstone", std::nullopt, {}, {}}));
    must(producer->produce({"trip.records", 0, "", "", {}, {}}));
    must(producer->produce({"trip.records", 1, binary, binary, {}, {}}));
    must(producer->produce({"trip.records", 2, "large", five_megabytes, {}, {}}));
    must(producer->commit());

    KafkaOffsets store;
    GroupMemberStand member(store);
    must(member.open({"trip.*"}, "trip"));
    member.read_until(6);
    std::map<int, std::vector<ReadRecord>> read;
    for (const ReadRecord& record : member.applied()) {
        CHECK(record.partition.topic == "trip.records");
        CHECK(record.offset == static_cast<std::int64_t>(read[record.partition.partition].size()));
        CHECK(record.timestamp_ms > 1'600'000'000'000);
        read[record.partition.partition].push_back(record);
    }
    REQUIRE(read[0].size() == 4);
    CHECK(read[0][0].key == "key");
    CHECK(read[0][0].value == "value");
    CHECK(read[0][0].timestamp_ms == 1'700'000'000'123);
    const std::vector<std::pair<std::string, std::optional<std::string>>> expected_headers = {
        {"id", "7"}, {"null", std::nullopt}, {"empty", ""}, {"id", binary}};
    CHECK(read[0][0].headers == expected_headers);
    CHECK_FALSE(read[0][1].key);
    CHECK(read[0][1].headers.empty());
    CHECK_FALSE(read[0][2].value);
    CHECK(read[0][2].key == "tombstone");
    CHECK(read[0][3].key == "");
    CHECK(read[0][3].value == "");
    CHECK(read[1].at(0).key == binary);
    CHECK(read[1].at(0).value == binary);
    CHECK(read[2].at(0).value == five_megabytes);

    const auto partitions = must(member.consumer().partitions());
    REQUIRE(partitions.size() == 3);
    const KafkaOffsets ends = {{partitions[0], 4}, {partitions[1], 1}, {partitions[2], 1}};
    CHECK(must(member.consumer().end_offsets(partitions)) == ends);
    CHECK(must(member.consumer().begin_offsets(partitions)).at(partitions[0]) == 0);
    CHECK(member.consumer().positions() == ends);

    // For tools only; a new member begins where its store says.
    member.consumer().commit_for_eyes({{partitions[0], 4}});
    step_until(
        "stored offset", [&] { must(member.step()); },
        [] { return shared_broker().group_offset("trip", "trip.records", 0) == 4; });
    member.close();
    KafkaOffsets other_store = {{partitions[0], 3}, {partitions[1], 1}, {partitions[2], kafka_end}};
    GroupMemberStand second(other_store);
    must(second.open({"trip.records"}, "trip"));
    second.read_until(1);
    CHECK(second.applied()[0].partition == partitions[0]);
    CHECK(second.applied()[0].offset == 3);
    step_until(
        "end", [&] { must(second.step()); }, [&] { return second.consumer().positions() == ends; });
    second.apply();
    CHECK(second.applied().size() == 1);
}

TEST_CASE("aborted records are never delivered, and the end is reached past them") {
    shared_broker().create_topic("aborted");
    const auto producer = must(open_producer("aborted writer"));
    for (int round = 0; round < 6; ++round) {
        must(producer->begin());
        for (int record = 0; record < 10; ++record)
            produce(*producer, "aborted", std::to_string(round) + "." + std::to_string(record));
        must(round % 2 == 0 ? producer->commit() : producer->abort());
    }
    const auto values = committed_values("aborted");
    REQUIRE(values.size() == 30);
    for (std::size_t index = 0; index < values.size(); ++index)
        CHECK(values[index] == std::to_string(index / 10 * 2) + "." + std::to_string(index % 10));

    // What is open has no end yet.
    KafkaOffsets store;
    GroupMemberStand member(store);
    must(member.open({"aborted"}, "aborted"));
    const auto partitions = must(member.consumer().partitions());
    const KafkaOffsets before = must(member.consumer().end_offsets(partitions));
    must(producer->begin());
    produce(*producer, "aborted", "last");
    CHECK(must(member.consumer().end_offsets(partitions)) == before);
    must(producer->commit());
    member.read_until(31);
    CHECK(member.applied().back().value == "last");
}

TEST_CASE("an offset that Kafka no longer has, or has not yet, is refused and never passed over") {
    shared_broker().create_topic("gone");
    const auto producer = must(open_producer(""));
    for (int record = 0; record < 20; ++record) produce(*producer, "gone", std::to_string(record));
    must(producer->commit());
    shared_broker().delete_records("gone", 0, 12);

    const auto error_from = [](std::int64_t offset) {
        KafkaOffsets store = {{{"gone", 0}, offset}};
        GroupMemberStand member(store);
        must(member.open({"gone"}, "gone"));
        Status status = success();
        step_until(
            "refusal", [&] { status = member.step(); }, [&] { return status.has_error(); });
        member.apply();
        CHECK(member.applied().empty());
        return status.error();
    };
    const Error deleted = error_from(5);
    CHECK(deleted.kind == ErrorKind::Refused);
    CHECK_THAT(deleted.message, CONTAINS_TEXT("gone[0]: the record at offset 5 is not there"));
    CHECK_THAT(deleted.message, CONTAINS_TEXT("deleted what is before 12"));
    CHECK_THAT(deleted.way_out, CONTAINS_TEXT("walferry drop"));
    const Error beyond = error_from(1'000);
    CHECK(beyond.kind == ErrorKind::Refused);
    CHECK_THAT(beyond.message, CONTAINS_TEXT("ends at 20"));

    // The oldest one that is there, and the one after the last, are in order; so is a start without
    // checkpoint.
    KafkaOffsets store = {{{"gone", 0}, 12}};
    GroupMemberStand member(store);
    must(member.open({"gone"}, "gone"));
    member.read_until(8);
    CHECK(member.applied()[0].value == "12");
    member.close();
    GroupMemberStand at_end(store);
    must(at_end.open({"gone"}, "gone"));
    produce(*producer, "gone", "20");
    must(producer->commit());
    at_end.read_until(1);
    CHECK(at_end.applied()[0].value == "20");
    CHECK(committed_values("gone").size() == 9);
}

TEST_CASE("a topic named outright has to exist, one that a glob matches may come later") {
    KafkaOffsets store;
    GroupMemberStand named(store);
    const Status missing = named.open({"later.one"}, "later");
    REQUIRE(missing.has_error());
    CHECK(missing.error().kind == ErrorKind::Refused);
    CHECK_THAT(missing.error().message, CONTAINS_TEXT("no topic later.one"));

    GroupMemberStand matched(store);
    must(matched.open({"later.*"}, "later", {{"topic.metadata.refresh.interval.ms", "200"}}));
    must(matched.step());
    shared_broker().create_topic("later.one", 2);
    const auto producer = must(open_producer(""));
    produce(*producer, "later.one", "here", 1);
    must(producer->commit());
    matched.read_until(1);
    CHECK(matched.applied()[0].value == "here");
    CHECK(matched.ours().size() == 2);
}

TEST_CASE("what the brokers will never accept of a group ends its consumer") {
    shared_broker().create_topic("short");
    KafkaOffsets store;
    GroupMemberStand member(store);
    must(member.open({"short"}, "short", {{"session.timeout.ms", "101"}}));
    Status status = success();
    step_until(
        "refusal", [&] { status = member.step(); }, [&] { return status.has_error(); });
    CHECK(status.error().kind == ErrorKind::Configuration);
    CHECK_THAT(status.error().message, CONTAINS_TEXT("session timeout"));
}

TEST_CASE("properties that exactly-once rests on can't be set") {
    const auto error_of = [](const std::string& name, const std::string& value) {
        KafkaOffsets store;
        GroupMemberStand member(store);
        const Status status = member.open({"topic"}, "properties", {{name, value}});
        REQUIRE(status.has_error());
        CHECK(status.error().kind == ErrorKind::Configuration);
        CHECK_THAT(status.error().message, CONTAINS_TEXT(name));
        return status.error().message;
    };
    for (const std::string name :
         {"isolation.level", "enable.auto.commit", "auto.offset.reset", "enable.auto.offset.store",
          "partition.assignment.strategy", "group.id", "bootstrap.servers", "enable.partition.eof"})
        CHECK_THAT(error_of(name, "latest"), CONTAINS_TEXT("can't be set, since"));
    CHECK_THAT(error_of("session.timeout", "1"), CONTAINS_TEXT("has no property"));
    const std::string wrong = error_of("security.protocol", "secret-by-mistake");
    CHECK_THAT(wrong, CONTAINS_TEXT("refuses the value"));
    CHECK(wrong.find("secret-by-mistake") == std::string::npos);
}

TEST_CASE("a consumer without a broker says so, and who is asked to stop does not wait for it") {
    KafkaOffsets store;
    GroupMemberStand listener(store);
    KafkaConsumerOptions options;
    options.kafka.brokers = "127.0.0.1:1";
    options.group = "absent";
    options.topics = {"topic"};
    options.connect_time_max = std::chrono::seconds(1);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = KafkaConsumer::open(options, listener, stop.get_token());
    REQUIRE(stopped.has_error());
    CHECK(stopped.error().kind == ErrorKind::Cancelled);
    const auto absent = KafkaConsumer::open(options, listener);
    REQUIRE(absent.has_error());
    CHECK(absent.error().kind == ErrorKind::Connection);
    CHECK_THAT(absent.error().message, CONTAINS_TEXT("127.0.0.1:1"));
    CHECK_THAT(absent.error().message, CONTAINS_TEXT("refused"));
}

}  // namespace
}  // namespace walferry::testing
