#include "service/http_answer.h"

#include <httplib.h>

#include <nlohmann/json.hpp>

namespace walferry {
namespace {

int status_of(const Error& error) {
    switch (error.kind) {
        case ErrorKind::Connection:
        case ErrorKind::Busy:
        case ErrorKind::Resource:
            return unavailable;
        case ErrorKind::Permission:
            return forbidden;
        case ErrorKind::Refused:
        case ErrorKind::Fenced:
            return conflict;
        default:
            return bad_request;
    }
}

}  // namespace

void refuse(httplib::Response& response, int status, const std::string& message) {
    response.status = status;
    response.set_content(
        nlohmann::json{{"error", message}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
        json_type);
}

void refuse(httplib::Response& response, const Error& error) {
    refuse(response, status_of(error), describe(error));
}

}  // namespace walferry
