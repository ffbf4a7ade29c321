#include "model/error.h"

#include <fmt/format.h>

namespace walferry {

std::string_view to_string(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Configuration:
            return "configuration";
        case ErrorKind::Connection:
            return "connection";
        case ErrorKind::Busy:
            return "busy";
        case ErrorKind::Serialization:
            return "serialization";
        case ErrorKind::Resource:
            return "resource";
        case ErrorKind::Data:
            return "data";
        case ErrorKind::Protocol:
            return "protocol";
        case ErrorKind::Schema:
            return "schema";
        case ErrorKind::Permission:
            return "permission";
        case ErrorKind::Fenced:
            return "fenced";
        case ErrorKind::Refused:
            return "refused";
        case ErrorKind::Cancelled:
            return "cancelled";
        case ErrorKind::Internal:
            return "internal";
    }
    return "internal";
}

Error Error::in(std::string_view context) const {
    Error copy = *this;
    copy.message = fmt::format("{}: {}", context, message);
    return copy;
}

std::string describe(const Error& error) {
    if (error.way_out.empty()) return error.message;
    return fmt::format("{}. Way out: {}", error.message, error.way_out);
}

}  // namespace walferry
