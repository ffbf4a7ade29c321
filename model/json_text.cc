#include "model/json_text.h"

#include <iterator>

namespace walferry {

namespace {

/// Takes digits off the front; how many there were.
std::size_t take_digits(std::string_view& text) {
    std::size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
    text.remove_prefix(count);
    return count;
}

bool take(std::string_view& text, std::string_view letters) {
    if (text.empty() || letters.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

void append_json_string(std::string& to, std::string_view text) {
    write_json_string(text, std::back_inserter(to));
}

bool is_json_number(std::string_view text) {
    take(text, "-");
    const bool zero = text.starts_with('0');
    const std::size_t whole = take_digits(text);
    if (whole == 0 || (zero && whole > 1)) return false;
    if (take(text, ".") && take_digits(text) == 0) return false;
    if (take(text, "eE")) {
        take(text, "+-");
        if (take_digits(text) == 0) return false;
    }
    return text.empty();
}

}  // namespace walferry
