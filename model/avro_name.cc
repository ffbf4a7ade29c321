#include "model/avro_name.h"

#include <algorithm>

namespace walferry {

namespace {

bool is_letter(unsigned char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

bool is_digit(unsigned char byte) {
    return byte >= '0' && byte <= '9';
}

}  // namespace

std::string avro_name(std::string_view name) {
    std::string made;
    for (const char letter : name) {
        const auto byte = static_cast<unsigned char>(letter);
        if (is_letter(byte) || is_digit(byte)) {
            if (made.empty() && is_digit(byte)) made += '_';
            made += letter;
        } else if ((byte & 0xC0) != 0x80) {  // the first byte of a character
            made += byte >= 0xF0 ? "__" : "_";
        }
    }
    return made;
}

std::string avro_full_name(std::string_view name) {
    std::string made;
    for (std::size_t at = 0; at <= name.size();) {
        const std::size_t end = std::min(name.find('.', at), name.size());
        if (at > 0) made += '.';
        made += avro_name(name.substr(at, end - at));
        at = end + 1;
    }
    return made;
}

}  // namespace walferry
