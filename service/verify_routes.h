#pragma once

#include <stop_token>

#include "pipeline/verify/verify_desk.h"

namespace httplib {
class Server;
}

namespace walferry {

/// GET /api/v1/verify: what is known of each target, as verify_json's state_json. POST /api/v1/verify with
/// options (parse_verify_options): compares, and answers line by line as it goes, each line a JSON object
/// with one of `note`, `progress`, `difference`, and at the end `results` or `error`. Who hangs up ends it.
void add_verify_routes(httplib::Server& server, VerifyDesk& desk, std::stop_token stop);

}  // namespace walferry
