#pragma once

#include <string>

#include "model/error.h"

namespace httplib {
struct Response;
}

/// What all routes answer with.
namespace walferry {

inline constexpr const char* json_type = "application/json";
inline constexpr int http_ok = 200;
inline constexpr int bad_request = 400;
inline constexpr int unauthorized = 401;
inline constexpr int forbidden = 403;
inline constexpr int not_found = 404;
inline constexpr int method_not_allowed = 405;
inline constexpr int conflict = 409;
inline constexpr int length_required = 411;
inline constexpr int too_large = 413;
inline constexpr int unsupported = 415;
inline constexpr int unavailable = 503;

/// `{"error": message}` under this status.
void refuse(httplib::Response& response, int status, const std::string& message);
/// Refuses with the status of the error's kind.
void refuse(httplib::Response& response, const Error& error);

}  // namespace walferry
