#include "pipeline/outbox/webhook_publisher.h"

#include "pipeline/outbox/outbox_message.h"

namespace walferry {

Status WebhookPublisher::publish(const OutboxRow& row, std::stop_token stop) {
    return client_.post(outbox_json(row), std::move(stop));
}

}  // namespace walferry
