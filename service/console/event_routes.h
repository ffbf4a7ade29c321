#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>

#include "pipeline/live_counts.h"
#include "pipeline/pipeline_status.h"

namespace httplib {
class Server;
}

namespace walferry {

/// Streams that go on at the same time; each holds a thread of the server.
inline constexpr std::size_t event_streams_max = 8;

/// What the console shows live, one JSON object: `now`, `version`, `status` (as /api/v1/status), `events` (of
/// each source table those `streamed` and those `copied` since the process began) and `outbox_pending` (null
/// while it is not known).
std::string live_json(const StatusReport& status, const LiveCounts& counts);

/// GET /api/v1/events: server-sent events, each with what `live` gives, one a second. A stream ends after a
/// minute, or with `stop`, and is asked for again. Where there are as many as there may be, a further one
/// ends after its first event, and is asked for again in some seconds: more pages than streams all stay up to
/// date.
void add_event_routes(httplib::Server& server, std::function<std::string()> live, std::stop_token stop);

}  // namespace walferry
