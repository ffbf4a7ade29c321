#include "kafka/kafka_partition.h"

#include <fmt/format.h>

namespace walferry {

std::string to_string(const KafkaPartition& partition) {
    return fmt::format("{}[{}]", partition.topic, partition.partition);
}

}  // namespace walferry
