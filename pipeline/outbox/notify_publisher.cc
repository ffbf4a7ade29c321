#include "pipeline/outbox/notify_publisher.h"

#include "pipeline/outbox/outbox_message.h"

namespace walferry {

Status NotifyPublisher::publish(const OutboxRow& row, std::stop_token stop) {
    if (session_ == nullptr) {
        WALFERRY_TRY(session, connect_());
        session_ = std::move(session);
    }
    const std::optional<std::string> parameters[] = {channel_, notify_json(row)};
    Status sent = [&]() -> Status {
        const std::stop_callback interrupt(stop, [this] { session_->interrupt(); });
        WALFERRY_TRYV(session_->query("SELECT pg_catalog.pg_notify($1, $2)", parameters));
        return success();
    }();
    if (!sent) session_.reset();
    return sent;
}

}  // namespace walferry
