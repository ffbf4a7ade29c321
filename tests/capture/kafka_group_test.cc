#include <librdkafka/rdkafka.h>

#include <map>

#include "tests/support/catch.h"
#include "tests/support/kafka_stand.h"

namespace walferry::testing {
namespace {

/// How often each value was applied, by either.
std::map<std::string, int> counts(std::initializer_list<const GroupMemberStand*> members) {
    std::map<std::string, int> counts;
    for (const GroupMemberStand* member : members)
        for (const ReadRecord& record : member->applied()) ++counts[*record.value];
    return counts;
}

bool each_once(const std::map<std::string, int>& counts, int expected) {
    return counts.size() == static_cast<std::size_t>(expected) &&
           std::all_of(counts.begin(), counts.end(), [](const auto& count) { return count.second == 1; });
}

TEST_CASE("partitions move between members of a group, and no record is left out or applied twice") {
    constexpr int partitions = 6;
    shared_broker().create_topic("shared", partitions);
    const auto producer = must(open_producer("shared writer"));
    int written = 0;
    const auto write = [&](int count) {
        must(producer->begin());
        for (int record = 0; record < count; ++record, ++written)
            produce(*producer, "shared", std::to_string(written), written % partitions);
        must(producer->commit());
    };
    write(600);

    KafkaOffsets store;
    GroupMemberStand first(store);
    GroupMemberStand second(store);
    must(first.open({"shared"}, "shared"));
    first.read_until(300);
    // From here on both hold back what they read, so that what is dropped at each hand-over matters.
    int turn = 0;
    const auto step_both = [&] {
        must(first.step(7));
        must(second.step(7));
        if (++turn % 3 == 0) first.apply();
        if (turn % 4 == 0) second.apply();
        if (written < 1'200) write(20);
    };
    must(second.open({"shared"}, "shared"));
    step_until("equal shares", step_both, [&] { return second.ours().size() == partitions / 2; });
    CHECK(first.ours().size() == partitions / 2);
    for (const KafkaPartition& partition : second.ours()) CHECK_FALSE(first.ours().contains(partition));
    step_until("all records", step_both, [&] {
        return written >= 1'200 && counts({&first, &second}).size() == 1'200;
    });
    CHECK(each_once(counts({&first, &second}), written));

    // Cooperative: what stays is not taken away meanwhile.
    CHECK(first.calls() == std::vector<std::string>{"assigned", "revoked"});
    CHECK(second.calls() == std::vector<std::string>{"assigned"});

    // Who leaves hands over at once; who takes over begins at the store, which lacks what was not applied.
    write(60);
    step_until(
        "records that are not applied", [&] { must(first.step()); },
        [&] { return first.consumer().positions() != store; });
    first.close();
    step_until(
        "all partitions",
        [&] {
            must(second.step());
            second.apply();
        },
        [&] {
            return second.ours().size() == partitions && counts({&first, &second}).size() == 1'260;
        });
    CHECK(each_once(counts({&first, &second}), 1'260));
}

TEST_CASE("a broker that is killed is waited for; what may be others' by then is given up as lost") {
    shared_broker().create_topic("outage", 3);
    const auto producer = must(open_producer("outage writer"));
    int written = 0;
    const auto write = [&] {
        must(producer->begin());
        for (int record = 0; record < 30; ++record, ++written)
            produce(*producer, "outage", std::to_string(written), written % 3);
        must(producer->commit());
    };
    write();
    KafkaOffsets store;
    GroupMemberStand member(store);
    must(member.open({"outage"}, "outage", {{"session.timeout.ms", "1500"}}));
    member.read_until(15);

    // A transaction that is open across the crash.
    must(producer->begin());
    for (int record = 0; record < 30; ++record, ++written)
        produce(*producer, "outage", std::to_string(written), written % 3);
    shared_broker().kill();
    step_until(
        "loss", [&] { must(member.step()); }, [&] { return member.was_called("lost"); });
    CHECK(member.ours().empty());
    shared_broker().start();
    must(producer->commit());
    write();
    member.read_until(written);
    CHECK(each_once(counts({&member}), written));
    CHECK(member.calls() == std::vector<std::string>{"assigned", "lost", "assigned"});
    CHECK(committed_values("outage").size() == static_cast<std::size_t>(written));
}

/// A consumer that shares partitions out in another way.
class OtherProgram {
 public:
    explicit OtherProgram(const std::string& topic) {
        rd_kafka_conf_t* conf = rd_kafka_conf_new();
        for (const auto& [name, value] :
             std::map<std::string, std::string>{{"bootstrap.servers", shared_broker().address()},
                                                {"group.id", topic},
                                                {"partition.assignment.strategy", "range"}})
            rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
        handle_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
        rd_kafka_poll_set_consumer(handle_);
        rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, topic.c_str(), RD_KAFKA_PARTITION_UA);
        rd_kafka_subscribe(handle_, list);
        rd_kafka_topic_partition_list_destroy(list);
    }
    ~OtherProgram() { rd_kafka_destroy(handle_); }
    OtherProgram(const OtherProgram&) = delete;
    OtherProgram& operator=(const OtherProgram&) = delete;

    bool has_joined() const {
        if (rd_kafka_message_t* message = rd_kafka_consumer_poll(handle_, 20))
            rd_kafka_message_destroy(message);
        rd_kafka_topic_partition_list_t* list = nullptr;
        rd_kafka_assignment(handle_, &list);
        const bool joined = list->cnt > 0;
        rd_kafka_topic_partition_list_destroy(list);
        return joined;
    }

 private:
    rd_kafka_t* handle_;
};

TEST_CASE("a group that another kind of program uses is refused") {
    shared_broker().create_topic("taken");
    const OtherProgram other("taken");
    step_until(
        "assignment", [] {}, [&] { return other.has_joined(); });
    KafkaOffsets store;
    GroupMemberStand member(store);
    must(member.open({"taken"}, "taken"));
    Status status = success();
    step_until(
        "refusal", [&] { status = member.step(); }, [&] { return status.has_error(); });
    CHECK(status.error().kind == ErrorKind::Refused);
    CHECK_THAT(status.error().way_out, CONTAINS_TEXT("`group` of its own"));
    CHECK(member.calls().empty());
}

}  // namespace
}  // namespace walferry::testing
