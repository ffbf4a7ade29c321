#include "model/quote.h"

namespace walferry {

namespace {

std::string quote(std::string_view text, char mark) {
    std::string quoted(1, mark);
    for (const char letter : text) {
        if (letter == mark) quoted += mark;
        quoted += letter;
    }
    quoted += mark;
    return quoted;
}

}  // namespace

std::string quote_identifier(std::string_view name) {
    return quote(name, '"');
}

std::string quote_literal(std::string_view text) {
    return quote(text, '\'');
}

}  // namespace walferry
