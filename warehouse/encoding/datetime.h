#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace walferry {

inline constexpr std::int64_t micros_per_second = 1'000'000;
inline constexpr std::int64_t micros_per_day = 86'400 * micros_per_second;

char* encode_date(std::string_view text, char* to);
char* encode_time(std::string_view text, char* to);
char* encode_time_tz(std::string_view text, char* to);
/// timestamp and timestamptz; an offset is taken off where there is one.
char* encode_timestamp(std::string_view text, char* to);
char* encode_interval(std::string_view text, char* to);

/// Takes `:MM:SS[.ffffff]` off the front of `text` and gives its microseconds; -1 when there is something
/// else.
std::int64_t take_minutes_and_seconds(std::string_view& text);

}  // namespace walferry
