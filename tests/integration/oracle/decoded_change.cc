#include "tests/integration/oracle/decoded_change.h"

#include <chrono>
#include <cstdlib>
#include <stdexcept>

namespace walferry::testing {
namespace {

class Cursor {
 public:
    explicit Cursor(std::string_view line) : line_(line) {}

    bool at_end() const { return at_ == line_.size(); }
    char peek() const { return at_end() ? '\0' : line_[at_]; }

    char take() {
        if (at_end()) fail("more text");
        return line_[at_++];
    }

    bool skip(std::string_view text) {
        if (line_.substr(at_, text.size()) != text) return false;
        at_ += text.size();
        return true;
    }

    void expect(std::string_view text) {
        if (!skip(text)) fail(text);
    }

    /// Up to `end`, which stays.
    std::string until(std::string_view ends) {
        const std::size_t end = std::min(line_.find_first_of(ends, at_), line_.size());
        const std::string text(line_.substr(at_, end - at_));
        at_ = end;
        return text;
    }

    [[noreturn]] void fail(std::string_view wanted) const {
        throw std::runtime_error("test_decoding: expected " + std::string(wanted) + " at byte " +
                                 std::to_string(at_) + " of: " + std::string(line_.substr(0, 2000)));
    }

 private:
    std::string_view line_;
    std::size_t at_ = 0;
};

/// After the opening quote, through the closing one; a doubled quote is one.
std::string quoted(Cursor& cursor, char quote) {
    std::string text;
    while (true) {
        const char letter = cursor.take();
        if (letter == quote) {
            if (cursor.peek() != quote) return text;
            cursor.take();
        }
        text += letter;
    }
}

std::string identifier(Cursor& cursor, std::string_view ends) {
    return cursor.skip("\"") ? quoted(cursor, '"') : cursor.until(ends);
}

DecodedName table_name(Cursor& cursor) {
    DecodedName name;
    name.schema = identifier(cursor, ".");
    cursor.expect(".");
    name.name = identifier(cursor, ":,");
    return name;
}

/// Through the closing bracket. Arrays bring brackets of their own, odd names of types quoted ones.
std::string type_name(Cursor& cursor) {
    std::string text;
    for (int depth = 1;;) {
        const char letter = cursor.take();
        if (letter == '"') {
            text += '"' + quoted(cursor, '"') + '"';
            continue;
        }
        if (letter == '[') ++depth;
        if (letter == ']' && --depth == 0) return text;
        text += letter;
    }
}

/// ` name[type]:value`
DecodedValue value(Cursor& cursor) {
    DecodedValue found;
    cursor.expect(" ");
    found.column = identifier(cursor, "[");
    cursor.expect("[");
    found.type = type_name(cursor);
    cursor.expect(":");
    if (cursor.skip("B'") || cursor.skip("'")) {
        found.text = quoted(cursor, '\'');
        return found;
    }
    const std::string bare = cursor.until(" ");
    if (bare.empty()) cursor.fail("a value");
    found.unchanged_toast = bare == "unchanged-toast-datum";
    if (bare != "null" && !found.unchanged_toast) found.text = bare;
    return found;
}

/// To the end, or to ` new-tuple:`.
std::vector<DecodedValue> tuple(Cursor& cursor) {
    std::vector<DecodedValue> values;
    while (!cursor.at_end()) {
        Cursor ahead = cursor;
        if (ahead.skip(" new-tuple:")) break;
        values.push_back(value(cursor));
    }
    return values;
}

void read_tuples(Cursor& cursor, DecodedChange& change) {
    // A key may have no column that is not NULL, and so does a row of nothing but NULLs under FULL.
    if (cursor.skip(" (no-tuple-data)")) {
        if (change.op == 'd') change.before.emplace();
        return;
    }
    if (change.op == 'd') {
        change.before = tuple(cursor);
        return;
    }
    if (cursor.skip(" old-key:")) {
        change.before = tuple(cursor);
        cursor.expect(" new-tuple:");
    }
    change.after = tuple(cursor);
}

}  // namespace

DecodedChange parse_decoded_change(std::string_view line) {
    Cursor cursor(line);
    DecodedChange change;
    cursor.expect("table ");
    do change.tables.push_back(table_name(cursor));
    while (cursor.skip(", "));
    cursor.expect(": ");
    if (cursor.skip("TRUNCATE:")) {
        change.op = 't';
        return change;
    }
    if (cursor.skip("INSERT:"))
        change.op = 'c';
    else if (cursor.skip("UPDATE:"))
        change.op = 'u';
    else if (cursor.skip("DELETE:"))
        change.op = 'd';
    else
        cursor.fail("INSERT, UPDATE, DELETE or TRUNCATE");
    read_tuples(cursor, change);
    if (!cursor.at_end()) cursor.fail("the end");
    return change;
}

std::int64_t parse_commit_instant(std::string_view line) {
    const std::size_t at = line.find("(at ");
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int used = 0;
    const std::string text(at == std::string_view::npos ? "" : line.substr(at + 4));
    if (std::sscanf(text.c_str(), "%d-%u-%u %d:%d:%d%n", &year, &month, &day, &hour, &minute, &second,
                    &used) != 6)
        throw std::runtime_error("test_decoding: no commit time in: " + std::string(line));
    std::string rest = text.substr(static_cast<std::size_t>(used));
    std::int64_t fraction = 0;
    if (rest.starts_with('.')) {
        std::string digits = rest.substr(1, rest.find_first_not_of("0123456789", 1) - 1);
        rest.erase(0, 1 + digits.size());
        digits.resize(6, '0');
        fraction = std::atoll(digits.c_str());
    }
    if (rest != "+00)") throw std::runtime_error("test_decoding: not in UTC: " + std::string(line));
    const std::chrono::sys_days days{std::chrono::year(year) / static_cast<int>(month) /
                                     static_cast<int>(day)};
    const std::int64_t seconds =
        days.time_since_epoch().count() * std::int64_t{86400} + hour * 3600 + minute * 60 + second;
    return seconds * 1'000'000 + fraction;
}

}  // namespace walferry::testing
