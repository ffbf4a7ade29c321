#include "tests/pipeline/publish/publish_stand.h"

#include "pipeline/publish/kafka_output.h"
#include "tests/support/catch.h"
#include "tests/support/kafka_stand.h"

namespace walferry::publish {

namespace {

using testing::must;
using testing::shared_broker;

}  // namespace

testing::PgCluster& shared_source() {
    // One slot for each test.
    static testing::PgCluster cluster([] {
        testing::PgClusterOptions options;
        options.settings["max_replication_slots"] = "100";
        return options;
    }());
    return cluster;
}

PublishStand::PublishStand(const std::string& name, testing::PgCluster& source)
    : source_(source), name_(name) {
    shared_broker({{"auto.create.topics.enable", "true"}});
    source.create_database(name);
    options.pipeline = name;
    options.connection = source.url(name);
    options.slot = "walferry_" + name + "_publish";
    options.publication = options.slot;
    options.topic_prefix = name;
    options.checkpoint_topic = name + ".walferry.checkpoint";
    options.kafka.brokers = shared_broker().address();
    options.kafka.properties["retry.backoff.ms"] = "20";
    TableRule rule;
    rule.match = "public.*";
    options.tables.push_back(rule);
}

Status PublishStand::publish() const {
    PublishPipeline pipeline(options);
    Status end = pipeline.run({}, {true});
    report_ = pipeline.report();
    return end;
}

testing::Process PublishStand::publisher(const std::vector<std::string>& more) const {
    std::vector<std::string> command = {WALFERRY_PUBLISHER,
                                        "pipeline=" + options.pipeline,
                                        "source=" + options.connection,
                                        "prefix=" + options.topic_prefix,
                                        "brokers=" + options.kafka.brokers,
                                        "kafka.retry.backoff.ms=20"};
    command.insert(command.end(), more.begin(), more.end());
    return testing::Process({.command = command});
}

std::vector<SeenRecord> PublishStand::records(const std::string& topic, int partition) const {
    const std::string full = topic.starts_with("__") ? topic + "." + name_ : name_ + "." + topic;
    const auto client = must(KafkaClient::open({shared_broker().address()}, {}));
    if (!must(client->topics()).contains(full)) return {};
    KafkaOffsets store;
    testing::GroupMemberStand reader(store);
    must(reader.open({full}, "reader of " + full));
    const std::int64_t end = testing::written_end(full, partition);
    testing::step_until(
        "end of " + full, [&] { must(reader.step(10'000)); },
        [&] {
            const auto position = reader.consumer().positions().find({full, partition});
            return position != reader.consumer().positions().end() && position->second >= end;
        });
    reader.apply();
    std::vector<SeenRecord> seen;
    for (const testing::ReadRecord& record : reader.applied()) {
        if (record.partition.partition != partition) continue;
        SeenRecord& copy = seen.emplace_back();
        copy.key = record.key;
        if (record.value) copy.value = nlohmann::json::parse(*record.value);
        for (const auto& [name, value] : record.headers) copy.headers[name] = value.value_or("null");
    }
    return seen;
}

std::vector<std::string> PublishStand::lines(const std::string& topic, const std::string& column) const {
    std::vector<std::string> lines;
    for (const SeenRecord& record : records(topic)) {
        std::string line = record.op();
        for (const char* image : {"before", "after"}) {
            if (record.value.is_null() || record.value[image].is_null()) continue;
            line +=
                std::string(" ") + image + " " + record.value[image].value(column, nlohmann::json()).dump();
        }
        lines.push_back(line);
    }
    return lines;
}

std::string difference(const std::vector<std::string>& seen, const std::vector<std::string>& expected) {
    std::size_t place = 0;
    while (place < seen.size() && place < expected.size() && seen[place] == expected[place]) ++place;
    if (place == seen.size() && place == expected.size()) return "";
    const auto line = [&](const std::vector<std::string>& lines) {
        return place < lines.size() ? lines[place] : std::string("the end");
    };
    return "line " + std::to_string(place) + " is " + line(seen) + ", not " + line(expected);
}

Lsn PublishStand::confirmed() const {
    return parse_lsn(value("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '" +
                           options.slot + "'"))
        .value_or(Lsn{});
}

std::optional<PublishCheckpoint> PublishStand::checkpoint() const {
    return must(peek_checkpoint(options, {}));
}

}  // namespace walferry::publish
