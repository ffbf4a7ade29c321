#pragma once

#include <string>

#include "config/kafka_config.h"
#include "config/settings.h"

namespace walferry {

/// What stands below `source.kafka`; problems go into `errors`. Call it when that section is there.
KafkaSourceConfig read_kafka_source(const Settings& settings, ErrorLines& errors,
                                    const std::string& pipeline);

/// The same of `publish.kafka`.
KafkaPublishConfig read_kafka_publish(const Settings& settings, ErrorLines& errors,
                                      const std::string& pipeline);

/// What source.kafka, publish and warehouse ask of each other and of other sections.
void check_kafka_sections(const Settings& settings, ErrorLines& errors);

/// For a key that names a topic: whether there are brokers, and Kafka's rule for names.
void check_topic_key(const Settings& settings, ErrorLines& errors, const std::string& path);

}  // namespace walferry
