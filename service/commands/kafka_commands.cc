#include "service/commands/kafka_commands.h"

#include <fmt/format.h>

#include "service/publish_status.h"

namespace walferry {

namespace {

Error refused(const Config& config, std::string_view what) {
    return {ErrorKind::Configuration, fmt::format("{}: {}", config.file, what), {}, {}};
}

Error can_not_yet(const Config& config, std::string_view key) {
    return refused(config, fmt::format("{}: good, but this build can't do it yet", key));
}

}  // namespace

Result<Config> refuse_unfinished(Result<Config> config) {
    if (!config) return config;
    const Config& given = config.value();
    if (!given.dead_letters.topic.empty()) return can_not_yet(given, "dead_letters.topic");
    if (given.kafka && given.kafka->aligned) return can_not_yet(given, "source.kafka.transactions: aligned");
    return config;
}

Result<Config> need_warehouse(Result<Config> config, std::string_view command) {
    if (!config || has_warehouse(config.value())) return refuse_unfinished(std::move(config));
    return refused(config.value(),
                   fmt::format("{} works on the warehouse, and this pipeline only publishes", command));
}

Result<Config> need_source_tables(Result<Config> config, std::string_view command) {
    if (!config || !config.value().kafka) return need_warehouse(std::move(config), command);
    return refused(
        config.value(),
        fmt::format(
            "source.kafka: {} reads the source's tables, which needs source.postgres; with Kafka, have "
            "the connector read a table anew (an incremental snapshot): its rows replace those that are "
            "there",
            command));
}

}  // namespace walferry
