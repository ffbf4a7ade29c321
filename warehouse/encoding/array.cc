#include "warehouse/encoding/array.h"

#include <array>
#include <charconv>
#include <string>

#include "model/byte_order.h"

namespace walferry {
namespace {

constexpr std::uint32_t box_oid = 603;  // the one built-in type whose typdelim is no comma

struct Dimension {
    std::int32_t size = -1;  // -1: not seen yet
    std::int32_t lower = 1;
};

bool is_null_word(std::string_view word) {
    return word.size() == 4 && (word[0] | 0x20) == 'n' && (word[1] | 0x20) == 'u' &&
           (word[2] | 0x20) == 'l' && (word[3] | 0x20) == 'l';
}

class ArrayReader {
 public:
    ArrayReader(const ColumnEncoding& encoding, std::string_view text)
        : element_{encoding.element, Encoding::Text, 0},
          element_oid_(encoding.element_oid),
          delimiter_(encoding.element_oid == box_oid ? ';' : ','),
          next_(text.data()),
          end_(text.data() + text.size()) {}

    char* write(char* to) {
        int bounds = 0;
        if (!take_bounds(bounds)) return nullptr;
        if (end_ - next_ == 2 && next_[0] == '{' && next_[1] == '}' && bounds == 0) return write_header(to);
        while (dimension_count_ < end_ - next_ && next_[dimension_count_] == '{') {
            if (++dimension_count_ > array_dimensions_max) return nullptr;
        }
        if (dimension_count_ == 0 || (bounds != 0 && bounds != dimension_count_)) return nullptr;
        const std::array<Dimension, array_dimensions_max> stated = dimensions_;
        if (bounds != 0) {
            for (auto& dimension : dimensions_) dimension.size = -1;
        }
        write_ = to + 12 + 8 * dimension_count_;
        if (!read_level(0) || next_ != end_) return nullptr;
        for (int i = 0; i < bounds; ++i) {
            if (dimensions_[static_cast<std::size_t>(i)].size != stated[static_cast<std::size_t>(i)].size)
                return nullptr;
        }
        write_header(to);
        return write_;
    }

 private:
    /// [l:u][l:u]… = before the first brace, which array_out writes where a lower bound is not 1.
    bool take_bounds(int& count) {
        if (next_ == end_ || *next_ != '[') return true;
        while (next_ != end_ && *next_ == '[') {
            if (count == array_dimensions_max) return false;
            std::int32_t lower = 0;
            std::int32_t upper = 0;
            ++next_;
            if (!take_int(lower) || !take(':') || !take_int(upper) || !take(']')) return false;
            const std::int64_t size = std::int64_t{upper} - lower + 1;
            if (size < 1 || size > INT32_MAX) return false;
            dimensions_[static_cast<std::size_t>(count++)] = {static_cast<std::int32_t>(size), lower};
        }
        return take('=');
    }

    bool take_int(std::int32_t& value) {
        const auto [end, error] = std::from_chars(next_, end_, value);
        next_ = end;
        return error == std::errc{};
    }

    bool take(char wanted) {
        if (next_ == end_ || *next_ != wanted) return false;
        ++next_;
        return true;
    }

    /// One pair of braces; at most array_dimensions_max of them are nested.
    bool read_level(int level) {
        if (!take('{')) return false;
        std::int32_t count = 0;
        do {
            if (level + 1 == dimension_count_ ? !read_element() : !read_level(level + 1)) return false;
            ++count;
        } while (take(delimiter_));
        if (!take('}')) return false;
        Dimension& dimension = dimensions_[static_cast<std::size_t>(level)];
        if (dimension.size == -1) dimension.size = count;
        return dimension.size == count;
    }

    bool read_element() {
        if (next_ != end_ && *next_ == '"') return read_quoted();
        const char* first = next_;
        bool escaped = false;
        for (; next_ != end_ && *next_ != delimiter_ && *next_ != '}'; ++next_) {
            if (*next_ == '{' || *next_ == '"' || *next_ == '\\') escaped = true;  // array_out quotes these
        }
        const std::string_view word(first, static_cast<std::size_t>(next_ - first));
        if (word.empty() || escaped) return false;
        if (!is_null_word(word)) return write_element(word);
        has_nulls_ = true;
        store_big_endian(write_, null_length);
        write_ += 4;
        return true;
    }

    bool read_quoted() {
        const char* first = ++next_;
        while (next_ != end_ && *next_ != '"' && *next_ != '\\') ++next_;
        const std::string_view plain(first, static_cast<std::size_t>(next_ - first));
        if (take('"')) return write_element(plain);
        unescaped_.assign(plain);
        while (next_ != end_ && *next_ != '"') {
            if (*next_ == '\\' && ++next_ == end_) return false;
            unescaped_.push_back(*next_++);
        }
        return take('"') && write_element(unescaped_);
    }

    bool write_element(std::string_view text) {
        char* const end = encode_text(element_, text, write_ + 4);
        if (end == nullptr) return false;
        store_big_endian(write_, static_cast<std::int32_t>(end - write_ - 4));
        write_ = end;
        return true;
    }

    char* write_header(char* to) const {
        store_big_endian(to, std::int32_t{dimension_count_});
        store_big_endian(to + 4, std::int32_t{has_nulls_ ? 1 : 0});
        store_big_endian(to + 8, element_oid_);
        to += 12;
        for (int i = 0; i < dimension_count_; ++i, to += 8) {
            store_big_endian(to, dimensions_[static_cast<std::size_t>(i)].size);
            store_big_endian(to + 4, dimensions_[static_cast<std::size_t>(i)].lower);
        }
        return to;
    }

    ColumnEncoding element_;
    std::uint32_t element_oid_;
    char delimiter_;
    const char* next_;
    const char* end_;
    char* write_ = nullptr;
    std::array<Dimension, array_dimensions_max> dimensions_;
    int dimension_count_ = 0;
    bool has_nulls_ = false;
    std::string unescaped_;
};

}  // namespace

char* encode_array(const ColumnEncoding& encoding, std::string_view text, char* to) {
    if (encoding.element == Encoding::Array) return nullptr;
    return ArrayReader(encoding, text).write(to);
}

}  // namespace walferry
