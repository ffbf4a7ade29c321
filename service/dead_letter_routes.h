#pragma once

#include <functional>

#include "pipeline/dead_letter_desk.h"

namespace httplib {
class Server;
}

namespace walferry {

/// GET /api/v1/dlq (filters as in dead_letter_view.h): `{"letters": […], "next": PLACE or null}`, a page of
/// them. POST /api/v1/dlq/discard {"ids": […]}: `{"discarded": [ids]}`, those that were open. POST
/// /api/v1/dlq/replay {"ids": […]}: `{"results": […], "failure": text or null}`.
void add_dead_letter_routes(httplib::Server& server, std::function<DeadLetterDesk()> desk);

}  // namespace walferry
