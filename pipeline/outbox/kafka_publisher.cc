#include "pipeline/outbox/kafka_publisher.h"

#include "pipeline/outbox/outbox_message.h"

namespace walferry {

Status KafkaPublisher::publish(const OutboxRow& row, std::stop_token stop) {
    if (producer_ == nullptr) {
        KafkaProducerOptions options;
        options.kafka = kafka_;
        options.stop = std::move(stop);
        WALFERRY_TRY(opened, KafkaProducer::open(options));
        producer_ = std::move(opened);
    }
    const std::string value = outbox_json(row);
    ProducedRecord record;
    record.topic = topic_;
    record.key = row.source_table;
    record.value = value;
    Status sent = producer_->produce(record);
    if (sent) sent = producer_->commit();  // waits until it is delivered
    if (!sent) producer_.reset();
    return sent;
}

}  // namespace walferry
