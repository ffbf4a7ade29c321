#pragma once

#include <stop_token>
#include <string>

#include "checkpoint/outbox_store.h"
#include "model/error.h"

namespace walferry {

/// One way to tell the world of an outbox row. Used by one thread.
class OutboxPublisher {
 public:
    virtual ~OutboxPublisher() = default;

    /// For messages; holds nothing secret.
    virtual std::string name() const = 0;

    /// Success only when the row was taken at the other end. After any error the same row comes again, so
    /// whoever listens may get it twice. Returns soon, with an error, once `stop` is requested.
    virtual Status publish(const OutboxRow& row, std::stop_token stop) = 0;
};

}  // namespace walferry
