#pragma once

#include <memory>
#include <string>

#include "pipeline/outbox/outbox_publisher.h"
#include "pipeline/outbox/session_source.h"

namespace walferry {

/// Sends each row to the listeners of a channel in the PostgreSQL warehouse, over a session of its own.
/// Whoever does not listen at that moment misses it.
class NotifyPublisher : public OutboxPublisher {
 public:
    NotifyPublisher(std::string channel, SessionSource connect)
        : channel_(std::move(channel)), connect_(std::move(connect)) {}

    std::string name() const override { return "notify " + channel_; }
    Status publish(const OutboxRow& row, std::stop_token stop) override;

 private:
    std::string channel_;
    SessionSource connect_;
    std::unique_ptr<WarehouseSession> session_;
};

}  // namespace walferry
