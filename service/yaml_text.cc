#include "service/yaml_text.h"

#include <algorithm>
#include <cctype>

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

/// Whether the text means itself without quotes: a word with an underscore, which none of YAML's own has, or
/// a key.
bool is_plain(const std::string& text, bool key) {
    const auto is_word = [](unsigned char letter) { return std::islower(letter) || letter == '_'; };
    return !text.empty() && std::all_of(text.begin(), text.end(), is_word) &&
           (key || text.find('_') != std::string::npos);
}

std::string scalar(const Json& value) {
    if (value.is_string() && is_plain(value.get<std::string>(), false)) return value.get<std::string>();
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void write(const Json& value, std::size_t indent, std::string& to);

void write_member(const Json& value, std::size_t indent, std::string& to) {
    if (value.is_structured() && !value.empty()) {
        to += '\n';
        write(value, indent, to);
    } else {
        to += ' ' + scalar(value) + '\n';
    }
}

void write(const Json& value, std::size_t indent, std::string& to) {
    constexpr std::size_t step = 2;
    const std::string blanks(indent, ' ');
    if (value.is_object()) {
        for (const auto& [name, member] : value.items()) {
            to += blanks + (is_plain(name, true) ? name : Json(name).dump()) + ':';
            write_member(member, indent + step, to);
        }
        return;
    }
    for (const Json& item : value) {
        const std::size_t from = to.size();
        if (item.is_structured() && !item.empty()) {
            write(item, indent + step, to);
            to[from + indent] = '-';  // in the place of its indentation
        } else {
            to += blanks + "- " + scalar(item) + '\n';
        }
    }
}

}  // namespace

std::string yaml_text(const Json& value) {
    if (!value.is_structured() || value.empty()) return scalar(value) + '\n';
    std::string text;
    write(value, 0, text);
    return text;
}

}  // namespace walferry
