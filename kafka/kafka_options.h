#pragma once

#include <map>
#include <string>

namespace walferry {

/// How a Kafka cluster is reached.
struct KafkaOptions {
    std::string brokers;  ///< host:port, several with commas between
    /// librdkafka's own properties (its CONFIGURATION.md), taken as they are. Those that exactly-once rests
    /// on are ours: to set them is an error of kind Configuration.
    std::map<std::string, std::string> properties = {};
};

}  // namespace walferry
