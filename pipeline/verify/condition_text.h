#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace walferry {

/// A word of a condition or of a partition's bound.
struct ConditionToken {
    enum class Kind {
        Word,    ///< in lower case
        Name,    ///< between double quotes, without them
        Text,    ///< between single quotes, without them
        Number,  ///< as it was written
        Sign,    ///< = <> < <= > >= ( ) ,
        End
    };
    Kind kind = Kind::End;
    std::string text;
    std::size_t at = 0;  ///< its first character in the text, from 1

    bool is_word(std::string_view word) const { return kind == Kind::Word && text == word; }
    bool is_sign(std::string_view sign) const { return kind == Kind::Sign && text == sign; }
};

/// Takes a text apart, word by word. Holds a view of the text.
class ConditionText {
 public:
    explicit ConditionText(std::string_view text) : text_(text) {}

    /// The next word, which stays the next one. Kind Configuration: nothing that can be read stands there.
    Result<ConditionToken> peek();
    Result<ConditionToken> next();

 private:
    Result<ConditionToken> read();
    Result<ConditionToken> read_quoted(char quote, bool escapes);
    ConditionToken read_number();

    std::string_view text_;
    std::size_t place_ = 0;
};

/// "at character 7, "oder": …". Kind Configuration.
Error condition_error(const ConditionToken& at, const std::string& wanted);

}  // namespace walferry
