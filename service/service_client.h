#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "config/config.h"

namespace walferry {

/// Asks the running service of a configuration over HTTP, at its listen address and with its token.
class ServiceClient {
 public:
    explicit ServiceClient(const Config& config) : config_(config) {}

    struct Answer {
        int status = 0;
        std::string body;
    };

    /// What /api/v1/status says; empty when no service of this pipeline answers there.
    std::optional<nlohmann::ordered_json> status() const;

    /// POST /api/v1/sql; empty when nobody answers.
    std::optional<Answer> sql(const std::string& query) const;

    /// Any route of the API; `path` with its query. Empty when nobody answers.
    std::optional<Answer> get(const std::string& path) const;
    std::optional<Answer> post(const std::string& path, const std::string& json) const;
    /// The same for an answer that comes line by line, for however long: `take` gets each line, and ends it
    /// with false. The status, empty when nobody answers or the connection broke.
    std::optional<int> post_for_lines(const std::string& path, const std::string& json,
                                      const std::function<bool(const std::string& line)>& take) const;

 private:
    const Config& config_;
};

}  // namespace walferry
