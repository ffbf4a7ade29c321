#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "model/error.h"

namespace walferry {

/// HMAC-SHA-256 of the body under the secret, as the header has it: sha256=, then lower-case hexadecimals.
std::string webhook_signature(std::string_view secret, std::string_view body);

/// Posts JSON to a URL; 2xx is success, all else is not, redirections included. With a secret the header
/// X-Walferry-Signature holds `webhook_signature` of the body. Over https the server must have a certificate
/// that the machine trusts. Used by one thread.
class WebhookClient {
 public:
    struct Options {
        std::string url;  ///< one that parse_webhook_url takes
        std::string secret;
        std::chrono::milliseconds time_max{30'000};  ///< of a request, from connecting to its answer
        std::string bearer = {};                     ///< for the header Authorization; empty: none
    };
    explicit WebhookClient(Options options);
    ~WebhookClient();

    /// For messages; holds nothing secret.
    std::string name() const;
    /// Returns soon, with an error, once `stop` is requested.
    Status post(const std::string& body, std::stop_token stop);

 private:
    class Connection;
    Options options_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace walferry
