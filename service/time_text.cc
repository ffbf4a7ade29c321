#include "service/time_text.h"

#include <algorithm>

#include "config/quantity.h"
#include "model/byte_order.h"
#include "warehouse/encoding/encoding.h"

namespace walferry {
namespace {

constexpr std::size_t date_size = std::string_view("2000-01-01").size();
constexpr std::size_t minutes_size = std::string_view("00:00").size();

/// In the form that PostgreSQL prints.
std::string as_printed(std::string_view text) {
    std::string printed(text);
    if (printed.size() == date_size) return printed + " 00:00:00";
    if (printed[date_size] == 'T') printed[date_size] = ' ';
    if (printed.ends_with('Z')) printed.replace(printed.size() - 1, 1, "+00");
    const std::size_t end_of_clock = std::min(printed.find_first_of("+-", date_size), printed.size());
    if (end_of_clock == date_size + 1 + minutes_size) printed.insert(end_of_clock, ":00");
    return printed;
}

}  // namespace

std::optional<PgTime> parse_time(std::string_view text, PgTime now) {
    constexpr std::int64_t microseconds_per_millisecond = 1'000;
    constexpr std::int64_t milliseconds_max = 200ll * 365 * 86'400 * 1'000;
    if (const auto ago = parse_duration(text)) {
        if (*ago > milliseconds_max) return std::nullopt;
        return now - *ago * microseconds_per_millisecond;
    }
    constexpr std::size_t size_max = 64;
    const bool begins_with_digit = !text.empty() && text[0] >= '0' && text[0] <= '9';
    if (!begins_with_digit || text.size() < date_size || text.size() > size_max) return std::nullopt;
    const std::string printed = as_printed(text);
    const ColumnEncoding encoding{Encoding::Timestamp};
    std::string bytes(encoded_bytes_max(encoding, printed.size()), '\0');
    if (encode_text(encoding, printed, bytes.data()) == nullptr) return std::nullopt;
    return load_big_endian<PgTime>(bytes.data());
}

}  // namespace walferry
