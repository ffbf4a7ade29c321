#include "kafka/kafka_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

namespace walferry {

namespace {

struct CodeKind {
    rd_kafka_resp_err_t code;
    ErrorKind kind;
};

constexpr CodeKind kinds[] = {
    {RD_KAFKA_RESP_ERR__TRANSPORT, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR__RESOLVE, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR__SSL, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR__WAIT_CACHE, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_NOT_CONTROLLER, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, ErrorKind::Connection},
    {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, ErrorKind::Busy},
    {RD_KAFKA_RESP_ERR__CONFLICT, ErrorKind::Busy},
    // The producer's state and the coordinator's have come apart: a new producer mends it.
    {RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, ErrorKind::Serialization},
    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, ErrorKind::Serialization},
    {RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER, ErrorKind::Serialization},
    {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, ErrorKind::Serialization},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, ErrorKind::Serialization},
    {RD_KAFKA_RESP_ERR__INCONSISTENT, ErrorKind::Serialization},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, ErrorKind::Serialization},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, ErrorKind::Serialization},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, ErrorKind::Resource},
    {RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, ErrorKind::Resource},
    {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, ErrorKind::Resource},
    {RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED, ErrorKind::Resource},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ErrorKind::Data},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ErrorKind::Data},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, ErrorKind::Data},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, ErrorKind::Data},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, ErrorKind::Permission},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ErrorKind::Permission},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, ErrorKind::Permission},
    {RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, ErrorKind::Permission},
    {RD_KAFKA_RESP_ERR_SECURITY_DISABLED, ErrorKind::Permission},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ErrorKind::Permission},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ErrorKind::Permission},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ErrorKind::Permission},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, ErrorKind::Permission},
    {RD_KAFKA_RESP_ERR__FENCED, ErrorKind::Fenced},
    {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, ErrorKind::Fenced},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, ErrorKind::Fenced},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, ErrorKind::Fenced},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, ErrorKind::Refused},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, ErrorKind::Refused},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ErrorKind::Refused},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ErrorKind::Refused},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ErrorKind::Refused},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, ErrorKind::Refused},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, ErrorKind::Configuration},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ErrorKind::Configuration},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, ErrorKind::Configuration},
    {RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, ErrorKind::Configuration},
    {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, ErrorKind::Configuration},
    {RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, ErrorKind::Configuration},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, ErrorKind::Configuration},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, ErrorKind::Configuration},
    {RD_KAFKA_RESP_ERR__BAD_MSG, ErrorKind::Protocol},
    {RD_KAFKA_RESP_ERR__BAD_COMPRESSION, ErrorKind::Protocol},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, ErrorKind::Protocol},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, ErrorKind::Protocol},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, ErrorKind::Protocol},
};

}  // namespace

ErrorKind kind_of_kafka_error(rd_kafka_resp_err_t code) {
    const auto* found = std::find_if(std::begin(kinds), std::end(kinds),
                                     [code](const CodeKind& entry) { return entry.code == code; });
    return found == std::end(kinds) ? ErrorKind::Internal : found->kind;
}

Error kafka_error(rd_kafka_resp_err_t code, std::string_view text) {
    const std::string_view said = text.empty() ? std::string_view(rd_kafka_err2str(code)) : text;
    return Error{kind_of_kafka_error(code), fmt::format("{} ({})", said, rd_kafka_err2name(code)), "", ""};
}

Error take_kafka_error(rd_kafka_error_t* error) {
    const std::unique_ptr<rd_kafka_error_t, decltype(&rd_kafka_error_destroy)> owned(error,
                                                                                     &rd_kafka_error_destroy);
    Error result = kafka_error(rd_kafka_error_code(error), rd_kafka_error_string(error));
    if (result.kind != ErrorKind::Internal) return result;
    if (rd_kafka_error_is_retriable(error) != 0) result.kind = ErrorKind::Connection;
    if (rd_kafka_error_txn_requires_abort(error) != 0) result.kind = ErrorKind::Serialization;
    return result;
}

}  // namespace walferry
