#include "apply/load_row.h"

#include <fmt/chrono.h>

#include <chrono>

#include "apply/row_fields.h"

namespace walferry {

namespace {

constexpr std::int64_t pg_epoch_offset_us = 946'684'800ll * 1'000'000;  // 2000-01-01 after 1970-01-01

}  // namespace

PgTime pg_time_now() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count() - pg_epoch_offset_us;
}

std::string timestamp_text(PgTime time) {
    if (time == time_minus_infinity) return "-infinity";
    constexpr std::int64_t us_a_second = 1'000'000;
    const std::int64_t unix_us = time + pg_epoch_offset_us;
    std::int64_t second = unix_us / us_a_second;
    if (unix_us % us_a_second < 0) --second;  // before 1970: towards the past
    return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:06}+00", fmt::gmtime(static_cast<std::time_t>(second)),
                       unix_us - second * us_a_second);
}

void LoadRow::null() {
    char length[sizeof null_length];
    store_big_endian(length, null_length);
    row_.append(length, sizeof length);
}

void LoadRow::nulls(std::size_t count) {
    for (; count > 0; --count) null();
}

void LoadRow::text(std::string_view value) {
    append_field(row_, value);
}

void LoadRow::boolean(bool value) {
    if (format_ == LoadFormat::Text) {
        append_field(row_, value ? "t" : "f");
    } else {
        append_number(row_, static_cast<std::int8_t>(value));
    }
}

void LoadRow::int4(std::int32_t value) {
    if (format_ == LoadFormat::Text) {
        append_field(row_, std::to_string(value));
    } else {
        append_number(row_, value);
    }
}

void LoadRow::int8(std::int64_t value) {
    if (format_ == LoadFormat::Text) {
        append_field(row_, std::to_string(value));
    } else {
        append_number(row_, value);
    }
}

void LoadRow::lsn(Lsn value) {
    if (format_ == LoadFormat::Text) {
        append_field(row_, to_string(value));
    } else {
        append_number(row_, value.value);
    }
}

void LoadRow::time(PgTime value) {
    if (format_ == LoadFormat::Text) {
        append_field(row_, timestamp_text(value));
    } else {
        append_number(row_, value);
    }
}

}  // namespace walferry
