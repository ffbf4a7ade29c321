#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <string>

#include "model/error.h"

namespace walferry {

struct KafkaTopicSpec {
    std::string name;
    int partitions = 1;
    std::map<std::string, std::string> settings =
        {};  ///< the topic's own, e.g. {"cleanup.policy", "compact"}
};

/// Makes a topic, with the brokers' own replication factor; false when it is there already.
Result<bool> create_topic(rd_kafka_t* handle, const KafkaTopicSpec& spec);

/// A topic's settings, the brokers' defaults among them.
Result<std::map<std::string, std::string>> topic_settings(rd_kafka_t* handle, const std::string& topic);

}  // namespace walferry
