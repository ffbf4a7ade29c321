#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "model/error.h"

namespace walferry {

/// What librdkafka or a broker reports, as one of our kinds. What librdkafka gets over by itself is
/// Connection.
ErrorKind kind_of_kafka_error(rd_kafka_resp_err_t code);

/// `text` is what librdkafka said; empty: what it calls the code.
Error kafka_error(rd_kafka_resp_err_t code, std::string_view text = {});

/// Takes `error`, which is not null. One that says it can be tried again is Connection, one that ended only
/// the transaction Serialization, where the code itself tells nothing.
Error take_kafka_error(rd_kafka_error_t* error);

}  // namespace walferry
