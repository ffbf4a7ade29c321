#include "service/debezium_import/table_globs.h"

#include <algorithm>

namespace walferry {
namespace {

constexpr std::size_t globs_max = 64;
constexpr char lone_dot = '\x01';  ///< one character, perhaps the dot between two parts

using Globs = std::vector<std::string>;

/// Reads a regular expression from front to back; each function returns nothing for what no glob can say.
class GlobReader {
 public:
    explicit GlobReader(std::string_view regex) : rest_(regex) {}

    std::optional<Globs> read() {
        auto globs = alternatives();
        return rest_.empty() ? globs : std::nullopt;
    }

 private:
    std::optional<Globs> alternatives();
    std::optional<Globs> sequence();
    std::optional<Globs> atom();
    std::optional<Globs> any();
    std::optional<Globs> escape();
    std::optional<Globs> set();
    std::optional<Globs> group();

    bool take(std::string_view start) {
        if (!rest_.starts_with(start)) return false;
        rest_.remove_prefix(start.size());
        return true;
    }
    static Globs literal(char letter) {
        const bool special = std::string_view("*?[\\").find(letter) != std::string_view::npos;
        return {special ? std::string{'\\', letter} : std::string(1, letter)};
    }

    std::string_view rest_;
};

std::optional<Globs> GlobReader::alternatives() {
    Globs all;
    do {
        auto globs = sequence();
        if (!globs || all.size() + globs->size() > globs_max) return std::nullopt;
        all.insert(all.end(), globs->begin(), globs->end());
    } while (take("|"));
    return all;
}

std::optional<Globs> GlobReader::sequence() {
    Globs all{""};
    take("^");
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
        if (rest_ == "$" || rest_.starts_with("$|") || rest_.starts_with("$)")) {
            take("$");
            continue;
        }
        const auto next = atom();
        if (!next || all.size() * next->size() > globs_max) return std::nullopt;
        Globs longer;
        for (const std::string& start : all) {
            for (const std::string& end : *next) longer.push_back(start + end);
        }
        all = std::move(longer);
    }
    return all;
}

std::optional<Globs> GlobReader::atom() {
    if (take(".")) return any();
    std::optional<Globs> globs;
    if (take("\\")) {
        globs = escape();
    } else if (take("[")) {
        globs = set();
    } else if (take("(")) {
        globs = group();
    } else if (std::string_view("*+?{}^$]").find(rest_.front()) == std::string_view::npos) {
        globs = literal(rest_.front());
        rest_.remove_prefix(1);
    }
    const bool repeated =
        !rest_.empty() && std::string_view("*+?{").find(rest_.front()) != std::string_view::npos;
    return repeated ? std::nullopt : globs;
}

std::optional<Globs> GlobReader::any() {
    std::string glob(1, lone_dot);
    if (take("*")) {
        glob = "*";
    } else if (take("+")) {
        glob = "?*";
    } else {
        return rest_.starts_with("?") || rest_.starts_with("{") ? std::nullopt : std::optional(Globs{glob});
    }
    if (!take("?")) take("+");
    return Globs{glob};
}

std::optional<Globs> GlobReader::escape() {
    if (rest_.empty()) return std::nullopt;
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    if (letter == 'd') return Globs{"[0-9]"};
    if (letter == 'w') return Globs{"[A-Za-z0-9_]"};
    const bool is_class = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= '0' && letter <= '9');
    return is_class ? std::nullopt : std::optional(literal(letter));
}

std::optional<Globs> GlobReader::set() {
    const std::size_t end = rest_.find(']');
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    std::string_view inside = rest_.substr(0, end);
    if (inside.find_first_of("\\[&") != std::string_view::npos) return std::nullopt;
    rest_.remove_prefix(end + 1);
    if (inside.size() == 1 && inside != "^") return literal(inside.front());
    const bool negated = inside.front() == '^';
    if (negated) inside.remove_prefix(1);
    if (inside.empty() || inside.front() == '!') return std::nullopt;
    return Globs{(negated ? "[!" : "[") + std::string(inside) + "]"};
}

std::optional<Globs> GlobReader::group() {
    if (!take("?:") && rest_.starts_with("?")) return std::nullopt;
    auto globs = alternatives();
    return take(")") ? globs : std::nullopt;
}

std::string with_parts(std::string glob, int dots) {
    int there = static_cast<int>(std::count(glob.begin(), glob.end(), '.'));
    for (char& letter : glob) {
        if (letter != lone_dot) continue;
        letter = there < dots ? '.' : '?';
        ++there;
    }
    return glob;
}

}  // namespace

std::vector<std::string> split_regex_list(std::string_view list) {
    std::vector<std::string> items;
    std::string item;
    const auto end_item = [&] {
        const std::size_t start = item.find_first_not_of(" \t\r\n");
        if (start != std::string::npos)
            items.push_back(item.substr(start, item.find_last_not_of(" \t\r\n") + 1 - start));
        item.clear();
    };
    for (std::size_t at = 0; at < list.size(); ++at) {
        if (list[at] == '\\' && at + 1 < list.size()) {
            if (list[at + 1] != ',') item += '\\';
            item += list[++at];
        } else if (list[at] == ',') {
            end_item();
        } else {
            item += list[at];
        }
    }
    end_item();
    return items;
}

std::optional<std::vector<std::string>> globs_of_regex(std::string_view regex, int dots) {
    auto globs = GlobReader(regex).read();
    if (!globs) return std::nullopt;
    for (std::string& glob : *globs) {
        glob = with_parts(std::move(glob), dots);
        if (glob.empty()) return std::nullopt;
    }
    return globs;
}

std::optional<std::string> literal_of_glob(std::string_view glob) {
    std::string text;
    for (std::size_t at = 0; at < glob.size(); ++at) {
        if (glob[at] == '\\' && at + 1 < glob.size()) {
            text += glob[++at];
        } else if (std::string_view("*?[").find(glob[at]) != std::string_view::npos) {
            return std::nullopt;
        } else {
            text += glob[at];
        }
    }
    return text;
}

}  // namespace walferry
