#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "pipeline/outbox/outbox_publisher.h"

namespace walferry {

/// Posts each row as JSON; 2xx is success, all else is not, redirections included. With a secret the header
/// X-Walferry-Signature holds `webhook_signature` of the body. Over https the server must have a certificate
/// that the machine trusts.
class WebhookPublisher : public OutboxPublisher {
 public:
    struct Options {
        std::string url;  ///< one that parse_webhook_url takes
        std::string secret;
        std::chrono::milliseconds time_max{30'000};  ///< of a request, from connecting to its answer
    };
    explicit WebhookPublisher(Options options);
    ~WebhookPublisher() override;

    std::string name() const override;
    Status publish(const OutboxRow& row, std::stop_token stop) override;

 private:
    class Connection;
    Options options_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace walferry
