#pragma once

#include <functional>

#include "pipeline/resync/resync_desk.h"

namespace httplib {
class Server;
}

namespace walferry {

/// Each answers `{"resyncs": […]}`, resyncs as in resync_view.h.
/// POST /api/v1/resync {"tables": ["schema.table"], "rate": N} or {"all": true}: asks for them, one a table.
/// GET /api/v1/resync: the newest; ?ids=1,2 or ?open=1: these, oldest first.
/// POST /api/v1/resync/cancel {"ids": […]}: those that were open.
void add_resync_routes(httplib::Server& server, std::function<ResyncDesk()> desk);

/// The body of a request; the other way round kind Data.
std::string resync_request_body(const ResyncDesk::Request& request);
Result<ResyncDesk::Request> parse_resync_request(const std::string& body);

}  // namespace walferry
