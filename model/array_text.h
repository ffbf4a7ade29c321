#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace walferry {

/// MAXDIM of PostgreSQL.
inline constexpr int array_dimensions_max = 6;

struct ArrayDimension {
    std::int32_t size = -1;  ///< -1: not seen yet
    std::int32_t lower = 1;
};

/// Reads what array_out writes (https://www.postgresql.org/docs/current/arrays.html, "Array Input and Output
/// Syntax") and hands it to a sink piece by piece:
///
///   void shape(int dimensions)       first; 0: the empty array, and nothing follows
///   void open(), separate(), close() a pair of braces, and what stands between its members
///   bool element(std::string_view)   false: no value of the type
///   void null()
template <class Sink>
class ArrayText {
 public:
    ArrayText(char delimiter, std::string_view text, Sink& sink)
        : sink_(sink), delimiter_(delimiter), next_(text.data()), end_(text.data() + text.size()) {}

    /// False when it is not rectangular, or nothing that array_out writes.
    bool read() {
        int bounds = 0;
        if (!take_bounds(bounds)) return false;
        if (end_ - next_ == 2 && next_[0] == '{' && next_[1] == '}' && bounds == 0) {
            sink_.shape(0);
            return true;
        }
        while (dimension_count_ < end_ - next_ && next_[dimension_count_] == '{') {
            if (++dimension_count_ > array_dimensions_max) return false;
        }
        if (dimension_count_ == 0 || (bounds != 0 && bounds != dimension_count_)) return false;
        const std::array<ArrayDimension, array_dimensions_max> stated = dimensions_;
        if (bounds != 0) {
            for (auto& dimension : dimensions_) dimension.size = -1;
        }
        sink_.shape(dimension_count_);
        if (!read_level(0) || next_ != end_) return false;
        for (int i = 0; i < bounds; ++i) {
            if (dimension(i).size != stated[static_cast<std::size_t>(i)].size) return false;
        }
        return true;
    }

    int dimension_count() const { return dimension_count_; }
    const ArrayDimension& dimension(int level) const { return dimensions_[static_cast<std::size_t>(level)]; }

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
        sink_.open();
        std::int32_t count = 0;
        do {
            if (count != 0) sink_.separate();
            if (level + 1 == dimension_count_ ? !read_element() : !read_level(level + 1)) return false;
            ++count;
        } while (take(delimiter_));
        if (!take('}')) return false;
        sink_.close();
        ArrayDimension& dimension = dimensions_[static_cast<std::size_t>(level)];
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
        if (!is_null_word(word)) return sink_.element(word);
        sink_.null();
        return true;
    }

    bool read_quoted() {
        const char* first = ++next_;
        while (next_ != end_ && *next_ != '"' && *next_ != '\\') ++next_;
        const std::string_view plain(first, static_cast<std::size_t>(next_ - first));
        if (take('"')) return sink_.element(plain);
        unescaped_.assign(plain);
        while (next_ != end_ && *next_ != '"') {
            if (*next_ == '\\' && ++next_ == end_) return false;
            unescaped_.push_back(*next_++);
        }
        return take('"') && sink_.element(unescaped_);
    }

    static bool is_null_word(std::string_view word) {
        return word.size() == 4 && (word[0] | 0x20) == 'n' && (word[1] | 0x20) == 'u' &&
               (word[2] | 0x20) == 'l' && (word[3] | 0x20) == 'l';
    }

    Sink& sink_;
    char delimiter_;
    const char* next_;
    const char* end_;
    std::array<ArrayDimension, array_dimensions_max> dimensions_;
    int dimension_count_ = 0;
    std::string unescaped_;
};

}  // namespace walferry
