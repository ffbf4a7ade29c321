#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace walferry {

/// The ids that a request's body names; empty when it is no {"ids": [numbers]}.
std::optional<std::vector<std::int64_t>> request_ids(const std::string& body);

/// The numbers of a query's `1,2,3`; empty when it is something else.
std::optional<std::vector<std::int64_t>> parse_ids(const std::string& list);

/// What to answer where there are none.
inline constexpr const char* no_ids = "the body is no {\"ids\": [1, 2]}";

}  // namespace walferry
