#include "tests/support/kafka_broker.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/pg_cluster.h"

namespace walferry::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int request_time_ms_max = 60'000;

const fs::path kafka_dir = WALFERRY_KAFKA_DIR;

std::vector<std::string> java(const std::string& program, std::vector<std::string> arguments) {
    std::vector<std::string> command = {"java",
                                        "-Xmx256m",
                                        "-XX:+UseSerialGC",
                                        "-XX:TieredStopAtLevel=1",
                                        "-XX:-UsePerfData",
                                        "-Xshare:auto",
                                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                                        "-Dorg.slf4j.simpleLogger.showDateTime=true",
                                        "-cp",
                                        kafka_dir / "lib/*",
                                        program};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

void must(rd_kafka_resp_err_t code, const std::string& what) {
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(what + ": " + rd_kafka_err2str(code));
}

/// An admin request's answer; throws what it failed with.
class Answer {
 public:
    explicit Answer(rd_kafka_t* handle) : queue_(rd_kafka_queue_new(handle)) {}
    ~Answer() {
        if (event_) rd_kafka_event_destroy(event_);
        rd_kafka_queue_destroy(queue_);
    }
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;

    rd_kafka_queue_t* queue() const { return queue_; }
    rd_kafka_event_t* await(const std::string& what) {
        event_ = rd_kafka_queue_poll(queue_, request_time_ms_max);
        if (!event_) throw std::runtime_error(what + ": no answer");
        must(rd_kafka_event_error(event_), what);
        return event_;
    }

 private:
    rd_kafka_queue_t* queue_;
    rd_kafka_event_t* event_ = nullptr;
};

}  // namespace

void KafkaBroker::HandleCloser::operator()(rd_kafka_s* handle) const noexcept {
    rd_kafka_destroy(handle);
}

KafkaBroker::KafkaBroker(const std::map<std::string, std::string>& settings) : dir_("kafka") {
    if (!fs::exists(kafka_dir / "lib")) throw std::runtime_error("no Kafka in .deps/kafka: run scripts/deps");
    port_ = free_port();
    do controller_port_ = free_port();
    while (controller_port_ == port_);
    write_settings(settings);
    ProcessOptions format;
    format.command = java("kafka.tools.StorageTool",
                          {"format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", dir_ / "server.properties"});
    const Completed formatted = run(std::move(format), seconds(120));
    if (formatted.exit != Exit{} || formatted.timed_out)
        throw std::runtime_error("Kafka's StorageTool failed: " + formatted.out + formatted.err);

    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : std::map<std::string, std::string>{{"bootstrap.servers", address()},
                                                                        {"reconnect.backoff.ms", "20"},
                                                                        {"reconnect.backoff.max.ms", "100"}})
        rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
    rd_kafka_conf_set_log_cb(conf, nullptr);
    handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
    start();
}

KafkaBroker::~KafkaBroker() {
    if (server_) server_->kill();
}

void KafkaBroker::write_settings(const std::map<std::string, std::string>& settings) const {
    const std::string port = std::to_string(port_);
    const std::string controller = std::to_string(controller_port_);
    std::map<std::string, std::string> all = {
        {"process.roles", "broker,controller"},
        {"node.id", "1"},
        {"controller.quorum.voters", "1@127.0.0.1:" + controller},
        {"listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller},
        {"advertised.listeners", "PLAINTEXT://127.0.0.1:" + port},
        {"controller.listener.names", "CONTROLLER"},
        {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"},
        {"log.dirs", dir_ / "data"},
        {"auto.create.topics.enable", "false"},
        {"offsets.topic.replication.factor", "1"},
        {"offsets.topic.num.partitions", "1"},
        {"transaction.state.log.replication.factor", "1"},
        {"transaction.state.log.min.isr", "1"},
        {"transaction.state.log.num.partitions", "1"},
        {"share.coordinator.state.topic.replication.factor", "1"},
        {"share.coordinator.state.topic.min.isr", "1"},
        // What tests would wait for.
        {"group.initial.rebalance.delay.ms", "0"},
        {"log.cleaner.dedupe.buffer.size", "8388608"},
        {"group.min.session.timeout.ms", "500"},
        {"transaction.abort.timed.out.transaction.cleanup.interval.ms", "200"},
        {"log.cleaner.backoff.ms", "100"},
        // A broker that was killed waits for the end of its own session before it comes back.
        {"broker.session.timeout.ms", "2000"},
        {"broker.heartbeat.interval.ms", "400"},
        // Two cores are enough for few threads.
        {"num.network.threads", "2"},
        {"num.io.threads", "2"},
        {"background.threads", "2"}};
    for (const auto& [name, value] : settings) all[name] = value;
    std::string text;
    for (const auto& [name, value] : all) text += name + "=" + value + "\n";
    write_file(dir_ / "server.properties", text);
}

bool KafkaBroker::answers() const {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(handle_.get(), 1, nullptr, &metadata, 100) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    bool usable = metadata->broker_cnt > 0;
    for (int topic = 0; topic < metadata->topic_cnt; ++topic)
        for (int partition = 0; partition < metadata->topics[topic].partition_cnt; ++partition)
            usable = usable && metadata->topics[topic].partitions[partition].leader >= 0;
    rd_kafka_metadata_destroy(metadata);
    return usable;
}

void KafkaBroker::start() {
    ProcessOptions options;
    options.command = java("kafka.Kafka", {dir_ / "server.properties"});
    options.output = dir_ / "server.log";
    server_.emplace(std::move(options));
    write_file(dir_ / "kafka.pid", std::to_string(server_->pid()) + "\n");
    const auto deadline = std::chrono::steady_clock::now() + seconds(180);
    while (!answers()) {
        if (!server_->running() || std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("Kafka does not start:\n" + log());
        std::this_thread::sleep_for(milliseconds(10));
    }
}

void KafkaBroker::stop() {
    server_->signal(SIGTERM);
    if (!server_->wait(seconds(60))) throw std::runtime_error("Kafka does not stop:\n" + log());
    fs::remove(dir_ / "kafka.pid");
    server_.reset();
}

void KafkaBroker::kill() {
    server_->kill();
    fs::remove(dir_ / "kafka.pid");
    server_.reset();
}

bool KafkaBroker::running() {
    return server_ && server_->running();
}

void KafkaBroker::create_topic(const std::string& name, int partitions,
                               const std::map<std::string, std::string>& settings) const {
    char said[256];
    rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, said, sizeof said);
    if (!topic) throw std::runtime_error("topic " + name + ": " + said);
    for (const auto& [key, value] : settings) rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
    Answer answer(handle_.get());
    rd_kafka_CreateTopics(handle_.get(), &topic, 1, nullptr, answer.queue());
    rd_kafka_NewTopic_destroy(topic);
    const auto* event = answer.await("topic " + name);
    std::size_t count = 0;
    const auto* results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(const_cast<rd_kafka_event_t*>(event)), &count);
    const char* text = rd_kafka_topic_result_error_string(results[0]);
    must(rd_kafka_topic_result_error(results[0]), "topic " + name + ": " + (text ? text : ""));
    while (!answers()) std::this_thread::sleep_for(milliseconds(10));
}

void KafkaBroker::delete_records(const std::string& topic, int partition, std::int64_t offset) const {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
    rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_topic_partition_list_destroy(list);
    Answer answer(handle_.get());
    rd_kafka_DeleteRecords(handle_.get(), &request, 1, nullptr, answer.queue());
    rd_kafka_DeleteRecords_destroy(request);
    auto* event = answer.await("deleting records of " + topic);
    const auto* offsets = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
    must(offsets->elems[0].err, "deleting records of " + topic);
}

void KafkaBroker::delete_topic(const std::string& name) const {
    rd_kafka_DeleteTopic_t* request = rd_kafka_DeleteTopic_new(name.c_str());
    Answer answer(handle_.get());
    rd_kafka_DeleteTopics(handle_.get(), &request, 1, nullptr, answer.queue());
    rd_kafka_DeleteTopic_destroy(request);
    answer.await("deleting " + name);
}

std::int64_t KafkaBroker::group_offset(const std::string& group, const std::string& topic,
                                       int partition) const {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
    rd_kafka_ListConsumerGroupOffsets_t* request = rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), list);
    rd_kafka_topic_partition_list_destroy(list);
    Answer answer(handle_.get());
    rd_kafka_ListConsumerGroupOffsets(handle_.get(), &request, 1, nullptr, answer.queue());
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
    auto* event = answer.await("offsets of " + group);
    std::size_t count = 0;
    const auto** groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    const auto* offsets = rd_kafka_group_result_partitions(groups[0]);
    return offsets->cnt == 0 || offsets->elems[0].offset < 0 ? -1 : offsets->elems[0].offset;
}

KafkaBroker& shared_broker(const std::map<std::string, std::string>& settings) {
    static KafkaBroker broker(settings);
    return broker;
}

}  // namespace walferry::testing
