#pragma once

#include <memory>
#include <string>

#include "kafka/kafka_options.h"
#include "pipeline/outbox/outbox_publisher.h"
#include "publish/kafka/kafka_producer.h"

namespace walferry {

/// Writes each row to a topic: its key is the source's table, so that rows of a table stay in order, its
/// value the row as JSON.
class KafkaPublisher : public OutboxPublisher {
 public:
    KafkaPublisher(KafkaOptions kafka, std::string topic)
        : kafka_(std::move(kafka)), topic_(std::move(topic)) {}

    std::string name() const override { return "kafka " + topic_; }
    Status publish(const OutboxRow& row, std::stop_token stop) override;

 private:
    KafkaOptions kafka_;
    std::string topic_;
    std::unique_ptr<KafkaProducer> producer_;
};

}  // namespace walferry
