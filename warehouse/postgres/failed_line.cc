#include "warehouse/postgres/failed_line.h"

#include <charconv>

namespace walferry {

std::optional<std::size_t> failed_line(const Error& error, const TargetName& table) {
    const std::string& message = error.message;
    const std::size_t copy = message.rfind("COPY " + table.table + ",");
    if (copy == std::string::npos) return std::nullopt;
    const std::size_t digit = message.find_first_of("0123456789", copy + 6 + table.table.size());
    if (digit == std::string::npos) return std::nullopt;
    std::size_t line = 0;
    std::from_chars(message.data() + digit, message.data() + message.size(), line);
    return line == 0 ? std::nullopt : std::optional(line);
}

}  // namespace walferry
