#include "apply/load_row.h"

#include <chrono>

#include "apply/row_fields.h"
#include "model/utc_text.h"

namespace walferry {

PgTime pg_time_now() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return from_unix_microseconds(std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count());
}

std::string timestamp_text(PgTime time) {
    if (time == time_minus_infinity) return "-infinity";
    std::string text = utc_text(time);  // 2000-01-01T00:00:00.000000Z
    text[text.find('T')] = ' ';
    text.replace(text.size() - 1, 1, "+00");
    return text;
}

void LoadRow::null() {
    append_null(row_);
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
