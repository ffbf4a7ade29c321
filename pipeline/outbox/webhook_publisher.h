#pragma once

#include <string>

#include "pipeline/delivery/webhook_client.h"
#include "pipeline/outbox/outbox_publisher.h"

namespace walferry {

/// Posts each row as JSON.
class WebhookPublisher : public OutboxPublisher {
 public:
    explicit WebhookPublisher(WebhookClient::Options options) : client_(std::move(options)) {}

    std::string name() const override { return client_.name(); }
    Status publish(const OutboxRow& row, std::stop_token stop) override;

 private:
    WebhookClient client_;
};

}  // namespace walferry
