#include "capture/kafka/consumer_setup.h"

namespace walferry {

KafkaClientSetup consumer_setup(const std::string& group) {
    const std::string checkpoint = "offsets are kept in the warehouse, with the rows";
    KafkaClientSetup setup;
    setup.type = RD_KAFKA_CONSUMER;
    setup.own = {
        {"enable.auto.commit", "false", checkpoint},
        {"auto.commit.enable", "", checkpoint},
        {"enable.auto.offset.store", "false", checkpoint},
        {"auto.offset.reset", "error", "records that Kafka no longer has would be passed over silently"},
        {"isolation.level", "read_committed", "aborted records would be applied"},
        {"partition.assignment.strategy", "cooperative-sticky",
         "partitions have to be given up before others get them"},
        {"group.protocol", "", "partitions have to be given up before others get them"},
        {"enable.partition.eof", "true", "the end of a partition tells that it is caught up"},
        {"group.id", group, "`group` names it"}};
    setup.defaults = {
        {"session.timeout.ms", "10000"},
        {"topic.metadata.refresh.interval.ms", "10000"},
        {"topic.blacklist", "^__(consumer_offsets|transaction_state|share_group_state|cluster_metadata)$"}};
    setup.events = RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_OFFSET_COMMIT;
    return setup;
}

}  // namespace walferry
