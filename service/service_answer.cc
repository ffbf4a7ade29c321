#include "service/service_answer.h"

#include <fmt/format.h>

#include "service/http_answer.h"

namespace walferry {
namespace {

ErrorKind kind_of(int status) {
    if (status == unavailable) return ErrorKind::Connection;
    if (status == bad_request) return ErrorKind::Data;
    return status == forbidden ? ErrorKind::Permission : ErrorKind::Refused;
}

}  // namespace

Result<nlohmann::ordered_json> read_answer(const std::optional<ServiceClient::Answer>& answer,
                                           std::string_view what) {
    if (!answer) return Error{ErrorKind::Connection, "the service does not answer any more", "", ""};
    auto body = nlohmann::ordered_json::parse(answer->body, nullptr, false);
    if (answer->status == http_ok && body.is_object()) return body;
    if (answer->status == not_found) {
        return Error{ErrorKind::Schema, fmt::format("the running walferry does not know of {}", what),
                     "restart it in this version", ""};
    }
    const std::string said = body.is_object() ? body.value("error", "") : "";
    return Error{kind_of(answer->status),
                 said.empty() ? fmt::format("the service answered {}", answer->status) : said, "", ""};
}

}  // namespace walferry
