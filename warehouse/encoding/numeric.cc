#include "warehouse/encoding/numeric.h"

#include <cstddef>

#include "model/byte_order.h"

namespace walferry {
namespace {

constexpr std::size_t header_bytes = 8;

char* store_header(char* to, std::ptrdiff_t digits, std::ptrdiff_t weight, std::uint16_t sign,
                   std::size_t scale) {
    store_big_endian(to, static_cast<std::int16_t>(digits));
    store_big_endian(to + 2, static_cast<std::int16_t>(weight));
    store_big_endian(to + 4, sign);
    store_big_endian(to + 6, static_cast<std::int16_t>(scale));
    return to + header_bytes + 2 * digits;
}

char* encode_special(std::string_view text, char* to) {
    // The scale of the infinities is what PostgreSQL's short header happens to yield for them.
    if (text == "NaN") return store_header(to, 0, 0, numeric_sign::nan, 0);
    if (text == "Infinity") return store_header(to, 0, 0, numeric_sign::infinity, 32);
    if (text == "-Infinity") return store_header(to, 0, 0, numeric_sign::negative_infinity, 32);
    return nullptr;
}

/// Writes base-10000 digits one after the other, without those zeros that lead.
class DigitWriter {
 public:
    explicit DigitWriter(char* to) : first_(to), next_(to) {}

    /// `count` decimal digits (1 to 4), followed by as many zeros as are missing to four.
    bool put(const char* from, std::size_t count, bool pad) {
        unsigned value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const unsigned digit = static_cast<unsigned char>(from[i]) - unsigned{'0'};
            if (digit > 9) return false;
            value = value * 10 + digit;
        }
        for (; pad && count < 4; ++count) value *= 10;
        if (value == 0 && next_ == first_) {
            ++leading_zeros_;
            return true;
        }
        store_big_endian(next_, static_cast<std::int16_t>(value));
        next_ += 2;
        if (value != 0) end_of_nonzero_ = next_;
        return true;
    }

    std::ptrdiff_t leading_zeros() const { return leading_zeros_; }
    std::ptrdiff_t digits() const { return end_of_nonzero_ == nullptr ? 0 : (end_of_nonzero_ - first_) / 2; }

 private:
    char* first_;
    char* next_;
    char* end_of_nonzero_ = nullptr;
    std::ptrdiff_t leading_zeros_ = 0;
};

}  // namespace

char* encode_numeric(std::string_view text, char* to) {
    std::string_view number = text;
    const bool negative = !number.empty() && number.front() == '-';
    if (negative) number.remove_prefix(1);
    if (number.empty()) return nullptr;
    if (number.front() > '9') return encode_special(text, to);

    const std::size_t point = number.find('.');
    const std::string_view whole = number.substr(0, point);
    const std::string_view fraction = point == std::string_view::npos ? "" : number.substr(point + 1);
    if (whole.empty() || (point != std::string_view::npos && fraction.empty())) return nullptr;
    if (whole.size() > numeric_integer_digits_max || fraction.size() > numeric_scale_max) return nullptr;

    DigitWriter writer(to + header_bytes);
    const std::size_t head = whole.size() % 4;
    if (head != 0 && !writer.put(whole.data(), head, false)) return nullptr;
    for (std::size_t i = head; i < whole.size(); i += 4) {
        if (!writer.put(whole.data() + i, 4, false)) return nullptr;
    }
    for (std::size_t i = 0; i < fraction.size(); i += 4) {
        const std::size_t left = fraction.size() - i;
        if (!writer.put(fraction.data() + i, left < 4 ? left : 4, true)) return nullptr;
    }
    if (writer.digits() == 0) return store_header(to, 0, 0, numeric_sign::positive, fraction.size());
    const auto weight = static_cast<std::ptrdiff_t>((whole.size() + 3) / 4) - 1 - writer.leading_zeros();
    return store_header(to, writer.digits(), weight,
                        negative ? numeric_sign::negative : numeric_sign::positive, fraction.size());
}

}  // namespace walferry
