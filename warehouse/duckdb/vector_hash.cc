#include "warehouse/duckdb/vector_hash.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "model/byte_order.h"
#include "warehouse/duckdb/decimal.h"
#include "warehouse/duckdb/duckdb_handles.h"
#include "warehouse/row_hash/postgres_hash.h"

namespace walferry {
namespace {

template <class T, class One>
void each(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to, One one) {
    const auto* values = static_cast<const T*>(duckdb_vector_get_data(vector));
    std::uint64_t* validity = duckdb_vector_get_validity(vector);
    const std::uint64_t null = null_hash(self.seed());
    for (idx_t i = 0; i < count; ++i) {
        const bool valid = validity == nullptr || duckdb_validity_row_is_valid(validity, i);
        to[i] = valid ? one(values[i]) : null;
    }
}

std::uint64_t hash_int64(std::int64_t value, std::uint64_t seed, std::uint64_t upper_seed) {
    return postgres_hash_int64(value, seed) ^
           postgres_hash_uint32(static_cast<std::uint32_t>(static_cast<std::uint64_t>(value) >> 32),
                                upper_seed);
}

template <class T>
void hash_narrow(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    const std::uint64_t seed = self.seed();
    each<T>(self, vector, count, to, [seed](T value) {
        const auto wide = static_cast<std::int64_t>(value);
        // What is no integer of the source's hashes as none does.
        return wide == static_cast<std::int32_t>(wide)
                   ? postgres_hash_uint32(static_cast<std::uint32_t>(wide), seed)
                   : ~hash_int64(wide, seed, seed);
    });
}

template <class T>
void hash_wide(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    const std::uint64_t seed = self.seed();
    const std::uint64_t upper = part_seed(seed, 1);
    each<T>(self, vector, count, to,
            [seed, upper](T value) { return hash_int64(static_cast<std::int64_t>(value), seed, upper); });
}

template <class T>
void hash_float(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    const std::uint64_t seed = self.seed();
    each<T>(self, vector, count, to,
            [seed](T value) { return postgres_hash_double(static_cast<double>(value), seed); });
}

std::string_view bytes_of(const duckdb_string_t& text) {
    constexpr std::uint32_t inline_bytes = 12;
    const std::uint32_t length = text.value.inlined.length;
    return {length <= inline_bytes ? text.value.inlined.inlined : text.value.pointer.ptr, length};
}

void hash_text(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    const std::uint64_t seed = self.seed();
    each<duckdb_string_t>(self, vector, count, to, [seed](const duckdb_string_t& text) {
        return postgres_hash(bytes_of(text), seed);
    });
}

void hash_bytes(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    const std::uint64_t seed = self.seed();
    std::string hex;
    each<duckdb_string_t>(self, vector, count, to, [&](const duckdb_string_t& text) {
        constexpr const char* digits = "0123456789abcdef";
        hex.clear();
        for (const char byte : bytes_of(text)) {
            hex += digits[static_cast<unsigned char>(byte) >> 4];
            hex += digits[static_cast<unsigned char>(byte) & 0xf];
        }
        return postgres_hash(hex, seed);
    });
}

void hash_uuid(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    const std::uint64_t seed = self.seed();
    each<duckdb_hugeint>(self, vector, count, to, [seed](const duckdb_hugeint& value) {
        char bytes[16];
        store_big_endian(bytes, static_cast<std::uint64_t>(value.upper) ^ (std::uint64_t{1} << 63));
        store_big_endian(bytes + 8, value.lower);
        return postgres_hash({bytes, sizeof bytes}, seed);
    });
}

/// As walferry stores PostgreSQL's infinities, and PostgreSQL takes them as numbers.
void hash_date(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    constexpr std::int32_t days_1970_to_2000 = 10957;
    constexpr std::int32_t max = std::numeric_limits<std::int32_t>::max();
    const std::uint64_t seed = self.seed();
    each<std::int32_t>(self, vector, count, to, [seed](std::int32_t days) {
        if (days == -max) days = std::numeric_limits<std::int32_t>::min();
        const bool infinite = days == max || days == std::numeric_limits<std::int32_t>::min();
        const auto shifted =
            static_cast<std::uint32_t>(days) - (infinite ? 0u : std::uint32_t{days_1970_to_2000});
        return postgres_hash_uint32(shifted, seed);
    });
}

template <bool has_infinity>
void hash_micros(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const std::uint64_t seed = self.seed();
    each<std::int64_t>(self, vector, count, to, [seed](std::int64_t micros) {
        double seconds = static_cast<double>(micros) / 1000000.0;
        if (has_infinity && micros == max) seconds = infinity;
        if (has_infinity && micros == -max) seconds = -infinity;
        return postgres_hash_double(seconds, seed);
    });
}

/// The bits are those of dtime_tz_t in DuckDB's datetime.hpp.
void hash_time_tz(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    constexpr int offset_bits = 24;
    constexpr std::int32_t offset_max = 16 * 60 * 60 - 1;
    const std::uint64_t seed = self.seed();
    each<std::uint64_t>(self, vector, count, to, [seed](std::uint64_t bits) {
        const auto east = offset_max - static_cast<std::int32_t>(bits & ((1u << offset_bits) - 1));
        return postgres_hash_int64(static_cast<std::int64_t>(bits >> offset_bits), seed) ^
               postgres_hash_uint32(static_cast<std::uint32_t>(-east), seed);
    });
}

void hash_interval(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    constexpr std::int64_t hour = 3'600'000'000, minute = 60'000'000;
    const std::uint64_t seed = self.seed();
    const std::uint64_t day_seed = part_seed(seed, 1), time_seed = part_seed(seed, 2);
    each<duckdb_interval>(self, vector, count, to, [=](const duckdb_interval& value) {
        const std::int64_t rest = value.micros % hour;
        const double time = static_cast<double>(value.micros / hour * hour) +
                            static_cast<double>(rest / minute * minute) + static_cast<double>(rest % minute);
        return postgres_hash_uint32(static_cast<std::uint32_t>(value.months), seed) ^
               postgres_hash_uint32(static_cast<std::uint32_t>(value.days), day_seed) ^
               postgres_hash_double(time, time_seed);
    });
}

/// The digits to base 10,000 that numeric.c has in memory, without zeros at either end, from the last on.
template <class Wide>
std::uint64_t hash_digits(Wide value, int scale, std::uint64_t seed) {
    constexpr std::size_t digits_max = 12;
    constexpr std::int64_t base = 10000;
    std::array<std::int16_t, digits_max> digits{};
    std::size_t first = digits_max;
    const auto put = [&](std::int64_t digit) { digits[--first] = static_cast<std::int16_t>(digit); };
    if (value == 0) return seed - 1;
    int weight = -1 - (scale + 3) / 4;
    if (const int odd = scale % 4; odd != 0) {
        constexpr std::int64_t powers[] = {1, 10, 100, 1000, 10000};
        put(static_cast<std::int64_t>(value % powers[odd]) * powers[4 - odd]);
        value /= powers[odd];
        ++weight;
    }
    for (; value != 0; value /= base) {
        put(static_cast<std::int64_t>(value % base));
        ++weight;
    }
    std::size_t last = digits_max;
    while (digits[last - 1] == 0) --last;
    const auto* bytes = reinterpret_cast<const char*>(digits.data() + first);
    return postgres_hash({bytes, (last - first) * sizeof(std::int16_t)}, seed) ^
           static_cast<std::uint64_t>(static_cast<std::int64_t>(weight));
}

template <class T>
void hash_decimal(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    const std::uint64_t seed = self.seed();
    const std::uint64_t negative_seed = part_seed(seed, 1);
    const int scale = self.decimal_scale();
    each<T>(self, vector, count, to, [=](const T& stored) {
        if constexpr (sizeof(T) == 16) {
            const auto value = static_cast<Int128>(stored.upper) << 64 | stored.lower;
            return value < 0 ? hash_digits(-value, scale, negative_seed) : hash_digits(value, scale, seed);
        } else {
            const auto value = static_cast<std::int64_t>(stored);
            return value < 0 ? hash_digits(-value, scale, negative_seed) : hash_digits(value, scale, seed);
        }
    });
}

void hash_list(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to) {
    const auto elements = duckdb_list_vector_get_size(vector);
    std::vector<std::uint64_t> hashes(elements);
    if (elements > 0) self.element().hash(duckdb_list_vector_get_child(vector), elements, hashes.data());
    const std::uint64_t seed = self.seed();
    const std::uint64_t place_seed = part_seed(seed, 3);
    each<duckdb_list_entry>(self, vector, count, to, [&](const duckdb_list_entry& list) {
        Int128 sum = 0;
        for (std::uint64_t i = 0; i < list.length; ++i) {
            sum += static_cast<std::int64_t>(
                hashes[list.offset + i] ^
                postgres_hash_uint32(static_cast<std::uint32_t>(i + 1), place_seed));
        }
        const std::string text = list.length == 0 ? "0/" : fmt::format("{}/{}", list.length, sum);
        return postgres_hash(text, seed);
    });
}

template <template <class> class Loop>
VectorHash::Hash choose_integer(duckdb_type type) {
    switch (type) {
        case DUCKDB_TYPE_BOOLEAN:
            return Loop<bool>::run;
        case DUCKDB_TYPE_TINYINT:
            return Loop<std::int8_t>::run;
        case DUCKDB_TYPE_SMALLINT:
            return Loop<std::int16_t>::run;
        case DUCKDB_TYPE_INTEGER:
            return Loop<std::int32_t>::run;
        case DUCKDB_TYPE_BIGINT:
            return Loop<std::int64_t>::run;
        case DUCKDB_TYPE_UINTEGER:
            return Loop<std::uint32_t>::run;
        case DUCKDB_TYPE_UBIGINT:
            return Loop<std::uint64_t>::run;
        default:
            return nullptr;
    }
}

template <class T>
struct Narrow {
    static constexpr VectorHash::Hash run = hash_narrow<T>;
};
template <class T>
struct Wide {
    static constexpr VectorHash::Hash run = hash_wide<T>;
};

VectorHash::Hash choose_decimal(duckdb_logical_type type) {
    if (duckdb_get_type_id(type) != DUCKDB_TYPE_DECIMAL) return nullptr;
    switch (duckdb_decimal_internal_type(type)) {
        case DUCKDB_TYPE_SMALLINT:
            return hash_decimal<std::int16_t>;
        case DUCKDB_TYPE_INTEGER:
            return hash_decimal<std::int32_t>;
        case DUCKDB_TYPE_BIGINT:
            return hash_decimal<std::int64_t>;
        case DUCKDB_TYPE_HUGEINT:
            return hash_decimal<duckdb_hugeint>;
        default:
            return nullptr;
    }
}

VectorHash::Hash choose_micros(duckdb_type type) {
    if (type == DUCKDB_TYPE_TIME) return hash_micros<false>;
    const bool instant = type == DUCKDB_TYPE_TIMESTAMP || type == DUCKDB_TYPE_TIMESTAMP_TZ;
    return instant ? hash_micros<true> : nullptr;
}

VectorHash::Hash choose(ValueForm form, duckdb_logical_type type) {
    const duckdb_type id = duckdb_get_type_id(type);
    const auto only = [id](duckdb_type wanted, VectorHash::Hash hash) {
        return id == wanted ? hash : nullptr;
    };
    switch (form) {
        case ValueForm::Int32:
            return choose_integer<Narrow>(id);
        case ValueForm::Int64:
            return choose_integer<Wide>(id);
        case ValueForm::Float:
            return id == DUCKDB_TYPE_FLOAT ? hash_float<float> : only(DUCKDB_TYPE_DOUBLE, hash_float<double>);
        case ValueForm::Numeric:
            return choose_decimal(type);
        case ValueForm::Text:
            return only(DUCKDB_TYPE_VARCHAR, hash_text);
        case ValueForm::Bytes:
            return only(DUCKDB_TYPE_BLOB, hash_bytes);
        case ValueForm::Date:
            return only(DUCKDB_TYPE_DATE, hash_date);
        case ValueForm::Micros:
            return choose_micros(id);
        case ValueForm::TimeTz:
            return only(DUCKDB_TYPE_TIME_TZ, hash_time_tz);
        case ValueForm::Interval:
            return only(DUCKDB_TYPE_INTERVAL, hash_interval);
        case ValueForm::Uuid:
            return only(DUCKDB_TYPE_UUID, hash_uuid);
    }
    return nullptr;
}

}  // namespace

std::optional<VectorHash> VectorHash::create(const HashedColumn& column, duckdb_logical_type type) {
    VectorHash made;
    made.seed_ = column.seed;
    if (column.list) {
        if (duckdb_get_type_id(type) != DUCKDB_TYPE_LIST) return std::nullopt;
        const LogicalType child(duckdb_list_type_child_type(type));
        auto element = create({column.form, false, column.seed, false}, child.get());
        if (!element) return std::nullopt;
        made.element_ = std::make_shared<const VectorHash>(std::move(*element));
        made.hash_ = hash_list;
        return made;
    }
    made.hash_ = choose(column.form, type);
    if (made.hash_ == nullptr) return std::nullopt;
    if (duckdb_get_type_id(type) == DUCKDB_TYPE_DECIMAL) made.decimal_scale_ = duckdb_decimal_scale(type);
    return made;
}

}  // namespace walferry
