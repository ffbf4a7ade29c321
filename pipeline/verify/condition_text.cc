#include "pipeline/verify/condition_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace walferry {
namespace {

constexpr std::size_t shown_bytes_max = 40;

bool is_space(char letter) {
    return std::isspace(static_cast<unsigned char>(letter)) != 0;
}
bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}
/// Letters beyond ASCII are letters, as they are to PostgreSQL.
bool begins_word(char letter) {
    return std::isalpha(static_cast<unsigned char>(letter)) != 0 || letter == '_' ||
           static_cast<unsigned char>(letter) >= 0x80;
}
bool is_in_word(char letter) {
    return begins_word(letter) || is_digit(letter) || letter == '$';
}

}  // namespace

Error condition_error(const ConditionToken& at, const std::string& wanted) {
    const std::string seen =
        at.kind == ConditionToken::Kind::End
            ? "at its end"
            : fmt::format("at character {}, {}", at.at, at.text.substr(0, shown_bytes_max));
    return Error{ErrorKind::Configuration, fmt::format("{}: {}", seen, wanted), "", ""};
}

/// A doubled quote is one of the text; in E'…' a backslash stands before what is meant.
Result<ConditionToken> ConditionText::read_quoted(char quote, bool escapes) {
    ConditionToken token{quote == '"' ? ConditionToken::Kind::Name : ConditionToken::Kind::Text, "",
                         place_ + 1};
    if (escapes) ++place_;
    for (++place_; place_ < text_.size(); ++place_) {
        const bool doubled = place_ + 1 < text_.size() && text_[place_ + 1] == quote;
        const bool escaped = escapes && text_[place_] == '\\' && place_ + 1 < text_.size();
        if (text_[place_] == quote && !doubled) {
            ++place_;
            return token;
        }
        if (text_[place_] == quote || escaped) ++place_;
        token.text += text_[place_];
    }
    token.text.insert(0, 1, quote);
    return condition_error(token, fmt::format("the closing {} is missing", quote));
}

ConditionToken ConditionText::read_number() {
    const std::size_t from = place_;
    const auto digits = [&] {
        while (place_ < text_.size() && is_digit(text_[place_])) ++place_;
    };
    if (text_[place_] == '-' || text_[place_] == '+') ++place_;
    digits();
    if (place_ < text_.size() && text_[place_] == '.') ++place_;
    digits();
    if (place_ < text_.size() && (text_[place_] == 'e' || text_[place_] == 'E')) {
        ++place_;
        if (place_ < text_.size() && (text_[place_] == '-' || text_[place_] == '+')) ++place_;
        digits();
    }
    return {ConditionToken::Kind::Number, std::string(text_.substr(from, place_ - from)), from + 1};
}

Result<ConditionToken> ConditionText::read() {
    while (place_ < text_.size() && is_space(text_[place_])) ++place_;
    if (place_ == text_.size()) return ConditionToken{ConditionToken::Kind::End, "", place_ + 1};
    const char first = text_[place_];
    const char second = place_ + 1 < text_.size() ? text_[place_ + 1] : ' ';
    if (first == '"' || first == '\'') return read_quoted(first, false);
    if (first == 'E' && second == '\'') return read_quoted('\'', true);
    if (is_digit(first) ||
        ((first == '-' || first == '+' || first == '.') && (is_digit(second) || second == '.')))
        return read_number();
    const std::size_t from = place_;
    if (begins_word(first)) {
        while (place_ < text_.size() && is_in_word(text_[place_])) ++place_;
        std::string word(text_.substr(from, place_ - from));
        std::transform(word.begin(), word.end(), word.begin(), [](unsigned char letter) {
            return letter < 0x80 ? static_cast<char>(std::tolower(letter)) : static_cast<char>(letter);
        });
        return ConditionToken{ConditionToken::Kind::Word, std::move(word), from + 1};
    }
    for (const std::string_view sign : {"<>", "<=", ">=", "!=", "=", "<", ">", "(", ")", ","}) {
        if (!text_.substr(place_).starts_with(sign)) continue;
        place_ += sign.size();
        return ConditionToken{ConditionToken::Kind::Sign, std::string(sign == "!=" ? "<>" : sign), from + 1};
    }
    return condition_error({ConditionToken::Kind::Sign, std::string(1, first), from + 1},
                           "nothing that a condition can have");
}

Result<ConditionToken> ConditionText::peek() {
    const std::size_t here = place_;
    auto token = read();
    place_ = here;
    return token;
}

Result<ConditionToken> ConditionText::next() {
    return read();
}

}  // namespace walferry
