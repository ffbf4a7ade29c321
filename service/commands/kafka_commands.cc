#include "service/commands/kafka_commands.h"

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
    if (given.kafka->aligned) return can_not_yet(given, "source.kafka.transactions: aligned");
    return config;
}

Result<Config> refuse_kafka(Result<Config> config, std::string_view command) {
    if (!config || !config.value().kafka) return refuse_publish_for_now(std::move(config));
    return Error{
        ErrorKind::Configuration,
        fmt::format("{}: source.kafka: {} reads the source's tables, which needs source.postgres; "
                    "with Kafka, have the connector read a table anew (an incremental snapshot): its "
                    "rows replace those that are there",
                    config.value().file, command),
        {},
        {}};
}

}  // namespace walferry
