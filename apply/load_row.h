#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "model/change.h"
#include "model/lsn.h"
#include "warehouse/target_table.h"

namespace walferry {

/// -infinity, as PostgreSQL has it among its timestamps.
inline constexpr PgTime time_minus_infinity = std::numeric_limits<PgTime>::min();

/// Now, on this machine's clock.
PgTime pg_time_now();

/// ISO 8601 with microseconds and offset +00, always of the same length; but "-infinity".
std::string timestamp_text(PgTime time);

/// Puts a load row together from fields that are there already and values of walferry's own columns, in the
/// plan's load format. One row at a time: `clear` begins the next.
class LoadRow {
 public:
    explicit LoadRow(LoadFormat format) : format_(format) {}

    void clear() { row_.clear(); }
    /// Whole fields with their lengths.
    void fields(std::string_view fields) { row_.append(fields); }
    void null();
    void nulls(std::size_t count);
    void text(std::string_view value);
    void boolean(bool value);
    void int4(std::int32_t value);
    void int8(std::int64_t value);
    void lsn(Lsn value);
    void time(PgTime value);

    std::string_view view() const { return row_; }

 private:
    LoadFormat format_;
    std::string row_;
};

}  // namespace walferry
