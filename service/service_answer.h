#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "model/error.h"
#include "service/service_client.h"

namespace walferry {

/// The object that the service answered with, or its refusal: kind Connection when it does not answer or has
/// no session now, Data when it did not understand (400), Permission, else Refused. `what` is what a service
/// of an older version does not know of (kind Schema).
Result<nlohmann::ordered_json> read_answer(const std::optional<ServiceClient::Answer>& answer,
                                           std::string_view what);

}  // namespace walferry
