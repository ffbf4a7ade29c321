#include "kafka/topic_admin.h"

#include <fmt/format.h>

#include <span>

#include "kafka/kafka_client.h"
#include "kafka/kafka_error.h"

namespace walferry {

namespace {

constexpr int request_time_ms_max = 20'000;

using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, decltype(&rd_kafka_NewTopic_destroy)>;
using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, decltype(&rd_kafka_ConfigResource_destroy)>;

RdKafkaPtr<rd_kafka_event_t> await_answer(rd_kafka_queue_t* queue) {
    return RdKafkaPtr<rd_kafka_event_t>(rd_kafka_queue_poll(queue, request_time_ms_max));
}

/// The error of the request as a whole, if any.
Status failed(const rd_kafka_event_t* event, const std::string& what) {
    if (event == nullptr) return Error{ErrorKind::Connection, fmt::format("{}: no answer", what), "", ""};
    const auto code = rd_kafka_event_error(const_cast<rd_kafka_event_t*>(event));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return success();
    return kafka_error(code, rd_kafka_event_error_string(const_cast<rd_kafka_event_t*>(event))).in(what);
}

}  // namespace

Result<bool> create_topic(rd_kafka_t* handle, const KafkaTopicSpec& spec) {
    const std::string what = fmt::format("making topic {}", spec.name);
    char said[512];
    const NewTopic topic(rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, -1, said, sizeof said),
                         &rd_kafka_NewTopic_destroy);
    if (!topic) return Error{ErrorKind::Configuration, fmt::format("{}: {}", what, said), "", ""};
    for (const auto& [name, value] : spec.settings)
        rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    const RdKafkaPtr<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle));
    rd_kafka_NewTopic_t* asked = topic.get();
    rd_kafka_CreateTopics(handle, &asked, 1, nullptr, queue.get());
    const auto event = await_answer(queue.get());
    WALFERRY_TRYV(failed(event.get(), what));
    std::size_t count = 0;
    const auto* results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    const auto code = rd_kafka_topic_result_error(results[0]);
    if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return false;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
    const char* text = rd_kafka_topic_result_error_string(results[0]);
    return kafka_error(code, text == nullptr ? "" : text).in(what);
}

Result<std::map<std::string, std::string>> topic_settings(rd_kafka_t* handle, const std::string& topic) {
    const std::string what = fmt::format("the settings of topic {}", topic);
    const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()),
                            &rd_kafka_ConfigResource_destroy);
    const RdKafkaPtr<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle));
    rd_kafka_ConfigResource_t* asked = resource.get();
    rd_kafka_DescribeConfigs(handle, &asked, 1, nullptr, queue.get());
    const auto event = await_answer(queue.get());
    WALFERRY_TRYV(failed(event.get(), what));
    std::size_t count = 0;
    const auto* answers =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    const auto code = rd_kafka_ConfigResource_error(answers[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(code).in(what);
    const auto* entries = rd_kafka_ConfigResource_configs(answers[0], &count);
    std::map<std::string, std::string> settings;
    for (const auto* entry : std::span(entries, count)) {
        const char* value = rd_kafka_ConfigEntry_value(entry);
        settings[rd_kafka_ConfigEntry_name(entry)] = value == nullptr ? "" : value;
    }
    return settings;
}

}  // namespace walferry
