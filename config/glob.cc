#include "config/glob.h"

#include "config/config.h"

namespace walferry {
namespace {

constexpr std::string_view special_characters = "*?[]\\";

/// Bytes of the UTF-8 character at `at`; a stray byte counts as a character of its own.
std::size_t character_bytes(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t expected = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 1;
    std::size_t length = 1;
    while (length < expected && at + length < text.size() &&
           (static_cast<unsigned char>(text[at + length]) & 0xc0) == 0x80) {
        ++length;
    }
    return length;
}

/// Takes one character, quoted or not, from a set; empty when the glob ends inside it. UTF-8 sorts as its
/// code points do, so ranges compare bytes.
std::string_view take_member(std::string_view glob, std::size_t& at) {
    if (at < glob.size() && glob[at] == '\\') ++at;
    if (at >= glob.size()) return {};
    const std::string_view member = glob.substr(at, character_bytes(glob, at));
    at += member.size();
    return member;
}

struct SetMatch {
    bool well_formed = false;
    bool ordered = true;  ///< no range runs backwards
    bool contains = false;
    std::size_t end = 0;  ///< one past the ]
};

/// Reads the set whose [ stands at `start`. As in POSIX, ! or ^ in front negates and a ] in front is a
/// member.
SetMatch match_set(std::string_view glob, std::size_t start, std::string_view character) {
    SetMatch result;
    std::size_t at = start + 1;
    const bool negated = at < glob.size() && (glob[at] == '!' || glob[at] == '^');
    if (negated) ++at;
    bool found = false;
    for (bool first = true; at < glob.size() && (first || glob[at] != ']'); first = false) {
        const std::string_view from = take_member(glob, at);
        std::string_view to = from;
        if (at + 1 < glob.size() && glob[at] == '-' && glob[at + 1] != ']') {
            ++at;
            to = take_member(glob, at);
        }
        if (to < from) result.ordered = false;
        if (from <= character && character <= to) found = true;
    }
    result.well_formed = at < glob.size();
    result.end = at + 1;
    result.contains = found != negated;
    return result;
}

/// Matches one element that is not a star against one character; moves both on when it does.
bool match_element(std::string_view glob, std::size_t& at, std::string_view text, std::size_t& text_at) {
    const std::string_view character = text.substr(text_at, character_bytes(text, text_at));
    std::size_t next = at;
    if (glob[at] == '?') {
        next = at + 1;
    } else if (glob[at] == '[') {
        const SetMatch set = match_set(glob, at, character);
        if (!set.well_formed || !set.contains) return false;
        next = set.end;
    } else if (take_member(glob, next) != character) {
        return false;
    }
    at = next;
    text_at += character.size();
    return true;
}

}  // namespace

// Only the last star seen is ever widened: an earlier one that took less would find nothing more. That bounds
// the work by the product of both lengths.
bool glob_matches(const std::string& glob, const std::string& text) {
    std::size_t at = 0;
    std::size_t text_at = 0;
    std::size_t star = std::string::npos;
    std::size_t star_text = 0;
    while (text_at < text.size()) {
        if (at < glob.size() && glob[at] == '*') {
            star = ++at;
            star_text = text_at;
        } else if (at < glob.size() && match_element(glob, at, text, text_at)) {
            continue;
        } else if (star != std::string::npos) {
            star_text += character_bytes(text, star_text);
            text_at = star_text;
            at = star;
        } else {
            return false;
        }
    }
    while (at < glob.size() && glob[at] == '*') ++at;
    return at == glob.size();
}

std::optional<std::string> glob_problem(std::string_view glob) {
    if (glob.empty()) return "is empty, allowed: a glob on schema.table, such as public.*";
    bool may_span_schema = false;
    for (std::size_t at = 0; at < glob.size();) {
        const char symbol = glob[at];
        if (symbol == '[') {
            const SetMatch set = match_set(glob, at, "x");
            if (!set.well_formed)
                return "[ without its ], allowed: a set such as [abc] or [a-z]; \\[ is the bracket itself";
            if (!set.ordered) return "a range in [ ] runs backwards, allowed: ranges such as [a-z]";
            may_span_schema = true;
            at = set.end;
            continue;
        }
        if (symbol == '\\' && at + 1 == glob.size())
            return "ends in \\, allowed: \\ before the character that it quotes";
        if (symbol == '\\') ++at;
        if (symbol == '*' || symbol == '?' || glob[at] == '.') may_span_schema = true;
        ++at;
    }
    if (!may_span_schema)
        return "names no schema, allowed: a glob on schema.table, such as public." + std::string(glob);
    return std::nullopt;
}

std::string quote_glob(std::string_view text) {
    std::string result;
    for (const char byte : text) {
        if (special_characters.find(byte) != std::string_view::npos) result += '\\';
        result += byte;
    }
    return result;
}

}  // namespace walferry
