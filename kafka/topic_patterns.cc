#include "kafka/topic_patterns.h"

#include <fmt/format.h>
#include <regex.h>

#include <algorithm>

namespace walferry {

namespace {

/// A POSIX extended regular expression, compiled as librdkafka does it.
class Regex {
 public:
    explicit Regex(const std::string& text)
        : well_formed_(::regcomp(&compiled_, text.c_str(), REG_EXTENDED | REG_NOSUB) == 0) {}
    ~Regex() {
        if (well_formed_) ::regfree(&compiled_);
    }
    Regex(const Regex&) = delete;
    Regex& operator=(const Regex&) = delete;

    bool well_formed() const { return well_formed_; }
    bool matches(const std::string& text) const {
        return well_formed_ && ::regexec(&compiled_, text.c_str(), 0, nullptr, 0) == 0;
    }

 private:
    regex_t compiled_{};
    bool well_formed_;
};

bool is_regex(std::string_view pattern) {
    return pattern.starts_with('^');
}

bool is_glob(std::string_view pattern) {
    return pattern.find_first_of("*?[\\") != std::string_view::npos;
}

std::string quoted(char letter) {
    constexpr std::string_view special = ".[]\\()*+?{}|^$";
    if (special.find(letter) == std::string_view::npos) return std::string(1, letter);
    return fmt::format("\\{}", letter);
}

/// The set that begins at `at`, moved past it; as it is in the regular expression but for the sign of
/// negation. Without its end the bracket stays open, which regcomp refuses.
std::string take_set(std::string_view glob, std::size_t& at) {
    std::string set = "[";
    ++at;
    if (at < glob.size() && (glob[at] == '!' || glob[at] == '^')) {
        set += '^';
        ++at;
    }
    for (bool first = true; at < glob.size(); first = false) {
        const char letter = glob[at++];
        set += letter;
        if (letter == ']' && !first) break;
    }
    return set;
}

}  // namespace

std::string regex_of_glob(std::string_view glob) {
    std::string regex = "^";
    for (std::size_t at = 0; at < glob.size();) {
        if (glob[at] == '[') {
            regex += take_set(glob, at);
            continue;
        }
        const char letter = glob[at++];
        if (letter == '*') {
            regex += ".*";
        } else if (letter == '?') {
            regex += '.';
        } else if (letter == '\\' && at < glob.size()) {
            regex += quoted(glob[at++]);
        } else {
            regex += quoted(letter);
        }
    }
    return regex + "$";
}

Result<TopicPatterns> TopicPatterns::parse(const std::vector<std::string>& patterns) {
    const std::string allowed =
        "names, globs such as shop.public.*, or regular expressions that begin with ^";
    if (patterns.empty()) return Error{ErrorKind::Configuration, "no topics are named", allowed, ""};
    TopicPatterns result;
    for (const std::string& pattern : patterns) {
        const bool plain = !is_regex(pattern) && !is_glob(pattern);
        const std::string entry = plain || is_regex(pattern) ? pattern : regex_of_glob(pattern);
        if (entry.empty() || (!plain && !Regex(entry).well_formed())) {
            return Error{ErrorKind::Configuration, fmt::format("\"{}\" can't be read as topics", pattern),
                         allowed, ""};
        }
        result.subscription_.push_back(entry);
    }
    return result;
}

std::vector<std::string> TopicPatterns::names() const {
    std::vector<std::string> names;
    std::copy_if(subscription_.begin(), subscription_.end(), std::back_inserter(names),
                 [](const std::string& entry) { return !is_regex(entry); });
    return names;
}

bool TopicPatterns::matches(const std::string& topic) const {
    return std::any_of(subscription_.begin(), subscription_.end(), [&](const std::string& entry) {
        return is_regex(entry) ? Regex(entry).matches(topic) : entry == topic;
    });
}

}  // namespace walferry
