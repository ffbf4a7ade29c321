#include "service/commands/refuse_kafka_for_now.h"

#include <fmt/format.h>

#include <string_view>

namespace walferry {

namespace {

Error can_not_yet(const Config& config, std::string_view what) {
    return {ErrorKind::Configuration,
            fmt::format("{}: {}: good, but this build can't do it yet", config.file, what),
            {},
            {}};
}

}  // namespace

Result<Config> refuse_publish_for_now(Result<Config> config) {
    if (!config) return config;
    const Config& given = config.value();
    if (given.publish) return can_not_yet(given, "publish.kafka");
    if (given.outbox && !given.outbox->kafka_topic.empty()) return can_not_yet(given, "outbox.kafka");
    if (!given.dead_letters.topic.empty()) return can_not_yet(given, "dead_letters.topic");
    if (!given.kafka) return config;
    if (given.kafka->format == EventFormat::Avro) return can_not_yet(given, "source.kafka.format: avro");
    if (given.kafka->aligned) return can_not_yet(given, "source.kafka.transactions: aligned");
    return config;
}

Result<Config> refuse_kafka_for_now(Result<Config> config) {
    if (config && config.value().kafka) return can_not_yet(config.value(), "source.kafka");
    return refuse_publish_for_now(std::move(config));
}

}  // namespace walferry
