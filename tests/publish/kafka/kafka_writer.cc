// kafka_writer BROKERS ID TOPIC CHECKPOINTS: begins a transaction, writes records and a checkpoint in it, and
// then waits to be killed.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "publish/kafka/checkpoint_topic.h"
#include "publish/kafka/kafka_producer.h"

namespace {

using namespace walferry;

Status write(const KafkaOptions& kafka, const std::string& id, const std::string& topic,
             const std::string& checkpoints) {
    KafkaProducerOptions options;
    options.kafka = kafka;
    options.transactional_id = id;
    WALFERRY_TRY(producer, KafkaProducer::open(options));
    WALFERRY_TRY(checkpoint, CheckpointTopic::open(kafka, checkpoints));
    WALFERRY_TRYV(producer->begin());
    for (int number = 0; number < 50; ++number) {
        const std::string value = "unfinished " + std::to_string(number);
        ProducedRecord record;
        record.topic = topic;
        record.partition = 0;
        record.value = value;
        WALFERRY_TRYV(producer->produce(record));
    }
    WALFERRY_TRYV(checkpoint->save(*producer, id, "unfinished"));
    while (true) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const Status status = write({argv[1]}, argv[2], argv[3], argv[4]);
    std::fprintf(stderr, "%s\n", status.has_error() ? describe(status.error()).c_str() : "");
    return EXIT_FAILURE;
}
