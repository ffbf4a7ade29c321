#include "kafka/kafka_client.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "kafka/kafka_error.h"

namespace walferry {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds request_time_max{10'000};

using Conf = std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)>;

/// syslog's levels. What librdkafka calls an error it tries again; what it can't, calls return.
spdlog::level::level_enum log_level(int level) {
    if (level < 3) return spdlog::level::err;
    if (level <= 4) return spdlog::level::warn;
    return level <= 6 ? spdlog::level::info : spdlog::level::debug;
}

/// On any of librdkafka's threads.
void log_line(const rd_kafka_t*, int level, const char* facility, const char* text) {
    // A property of producers given to a consumer, and such: one set serves several handles.
    const bool expected = std::string_view(facility) == "CONFWARN";
    spdlog::log(expected ? spdlog::level::debug : log_level(level), "Kafka client: {}: {}", facility, text);
}

Status set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
    char said[512];
    const auto result = rd_kafka_conf_set(conf, name.c_str(), value.c_str(), said, sizeof said);
    if (result == RD_KAFKA_CONF_OK) return success();
    Error error{ErrorKind::Configuration, "", "see CONFIGURATION.md of librdkafka", ""};
    error.message = result == RD_KAFKA_CONF_UNKNOWN
                        ? fmt::format("librdkafka {} has no property {}", rd_kafka_version_str(), name)
                        : fmt::format("librdkafka refuses the value of property {}", name);
    return error;
}

Status set_all(rd_kafka_conf_t* conf, const KafkaOptions& options, const KafkaClientSetup& setup) {
    for (const auto& [name, value] : setup.defaults) {
        WALFERRY_TRYV(set(conf, name, value));
    }
    for (const auto& [name, value] : options.properties) {
        const auto own =
            std::find_if(setup.own.begin(), setup.own.end(),
                         [&key = name](const OwnProperty& property) { return property.name == key; });
        if (own != setup.own.end()) {
            return Error{ErrorKind::Configuration,
                         fmt::format("property {} can't be set, since {}", name, own->reason),
                         "remove it from the properties", ""};
        }
        WALFERRY_TRYV(set(conf, name, value));
    }
    for (const OwnProperty& property : setup.own) {
        if (property.value.empty()) continue;
        WALFERRY_TRYV(set(conf, property.name, property.value));
    }
    return success();
}

}  // namespace

void KafkaClient::HandleCloser::operator()(rd_kafka_t* handle) const noexcept {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void KafkaClient::report_error(rd_kafka_t*, int code, const char* text, void* reports) {
    const Error error = kafka_error(static_cast<rd_kafka_resp_err_t>(code), text);
    auto& last = static_cast<Reports*>(reports)->last;
    // That all brokers are down follows what was wrong with each of them, and says less.
    if (!last || code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) last = error;
}

void KafkaClient::report_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* reports) {
    auto& undelivered = static_cast<Reports*>(reports)->undelivered;
    // What an abort takes back is no failure.
    const bool taken_back =
        message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || taken_back || undelivered) return;
    undelivered = kafka_error(message->err).in(fmt::format("topic {}", rd_kafka_topic_name(message->rkt)));
}

Result<std::unique_ptr<KafkaClient>> KafkaClient::open(const KafkaOptions& options, KafkaClientSetup setup) {
    auto client = std::make_unique<KafkaClient>();
    client->brokers_ = options.brokers;
    for (const char* name : {"bootstrap.servers", "metadata.broker.list"})
        setup.own.push_back({name, options.brokers, "`brokers` names them"});
    setup.defaults.insert({{"client.id", "walferry"}, {"reconnect.backoff.max.ms", "2000"}});

    Conf conf(rd_kafka_conf_new(), &rd_kafka_conf_destroy);
    WALFERRY_TRYV(set_all(conf.get(), options, setup));
    rd_kafka_conf_set_log_cb(conf.get(), &log_line);
    rd_kafka_conf_set_opaque(conf.get(), client->reports_.get());
    rd_kafka_conf_set_error_cb(conf.get(), &report_error);
    if (setup.type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf.get(), &report_delivery);
    rd_kafka_conf_set_events(conf.get(), setup.events);

    char said[512];
    client->handle_.reset(rd_kafka_new(setup.type, conf.get(), said, sizeof said));
    if (!client->handle_) return Error{ErrorKind::Configuration, fmt::format("librdkafka: {}", said), "", ""};
    static_cast<void>(conf.release());
    return client;
}

void KafkaClient::abandon() {
    rd_kafka_set_log_level(get(), 0);
    static_cast<void>(handle_.release());
    static_cast<void>(reports_.release());
}

bool KafkaClient::reachable(milliseconds time_max) const {
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto code = rd_kafka_metadata(get(), 0, nullptr, &metadata, static_cast<int>(time_max.count()));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(metadata);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

Status KafkaClient::await_brokers(milliseconds time_max, std::stop_token stop) const {
    const auto deadline = Clock::now() + time_max;
    while (!reachable(milliseconds(200))) {
        rd_kafka_poll(get(), 0);
        const auto& last = reports_->last;
        if (last && last->kind == ErrorKind::Permission) return last->in("Kafka");
        if (stop.stop_requested())
            return Error{ErrorKind::Cancelled, "asked to stop while Kafka did not answer", "", ""};
        if (Clock::now() < deadline) continue;
        const std::string cause = last ? fmt::format(": {}", last->message) : "";
        return Error{ErrorKind::Connection, fmt::format("no Kafka broker of {} answers{}", brokers_, cause),
                     "", ""};
    }
    return success();
}

Result<std::map<std::string, int>> KafkaClient::topics() const {
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code =
        rd_kafka_metadata(get(), 1, nullptr, &answer, static_cast<int>(request_time_max.count()));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(code).in("Kafka's list of topics");
    const RdKafkaPtr<const rd_kafka_metadata_t> metadata(answer);
    std::map<std::string, int> topics;
    for (const auto& topic : std::span(metadata->topics, metadata->topic_cnt))
        if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) topics[topic.topic] = topic.partition_cnt;
    return topics;
}

std::optional<Error> KafkaClient::take_undelivered() const {
    return std::exchange(reports_->undelivered, std::nullopt);
}

std::optional<Error> KafkaClient::fatal_error() const {
    char text[512];
    const auto code = rd_kafka_fatal_error(get(), text, sizeof text);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    return kafka_error(code, text);
}

Result<KafkaRange> partition_range(rd_kafka_t* handle, const std::string& topic, std::int32_t partition) {
    KafkaRange range;
    const auto code =
        rd_kafka_query_watermark_offsets(handle, topic.c_str(), partition, &range.begin, &range.end,
                                         static_cast<int>(request_time_max.count()));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return range;
    return kafka_error(code).in(fmt::format("the offsets of {}[{}]", topic, partition));
}

}  // namespace walferry
