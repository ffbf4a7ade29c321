#include "service/debezium_import/setting_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

namespace walferry {
namespace {

/// ${PROVIDER:…:KEY} of Kafka Connect.
const std::regex& provider_pattern() {
    static const std::regex pattern(R"(\$\{([A-Za-z0-9_.-]+):([^}]*)\})");
    return pattern;
}

std::string variable_for(std::string_view key) {
    std::string name = "WALFERRY_";
    for (const char letter : key) {
        const bool lower = letter >= 'a' && letter <= 'z';
        const bool other = (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
        name += lower ? static_cast<char>(letter - 'a' + 'A') : other ? letter : '_';
    }
    return name;
}

/// The variable in the place of what a provider gives.
std::string variable_of(const std::smatch& found, std::string_view fallback) {
    static const std::regex name(R"([A-Za-z_][A-Za-z0-9_]*)");
    if (found[1] == "env" && std::regex_match(found[2].str(), name)) return found[2].str();
    return std::string(fallback);
}

std::string quoted_variables(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at, 2) == "${") result += '$';
        result += text[at];
    }
    return result;
}

}  // namespace

std::optional<std::string> SettingLedger::take_raw(const std::string& key) {
    const auto found = settings_.find(key);
    if (found == settings_.end()) return std::nullopt;
    done_.insert(key);
    return found->second;
}

std::optional<std::string> SettingLedger::take(const std::string& key) {
    const auto raw = take_raw(key);
    if (!raw) return std::nullopt;
    std::string text;
    std::string rest = *raw;
    std::smatch found;
    int count = 0;
    while (std::regex_search(rest, found, provider_pattern())) {
        const std::string fallback = variable_for(key) + (count == 0 ? "" : fmt::format("_{}", count + 1));
        const std::string variable = variable_of(found, fallback);
        text += quoted_variables(found.prefix().str()) + "${" + variable + "}";
        changed(key, fmt::format("is read from the environment variable {}", variable));
        rest = found.suffix();
        ++count;
    }
    return text + quoted_variables(rest);
}

std::optional<std::string> SettingLedger::take_secret(const std::string& key, std::string_view fallback) {
    const auto raw = take_raw(key);
    if (!raw) return std::nullopt;
    std::smatch found;
    const std::string variable = std::regex_match(*raw, found, provider_pattern())
                                     ? variable_of(found, fallback)
                                     : std::string(fallback);
    changed(key,
            fmt::format("is a secret and not written: put it into the environment variable {}", variable));
    return "${" + variable + "}";
}

void SettingLedger::add(const std::string& key, ImportFinding::Kind kind, std::string text) {
    done_.insert(key);
    findings_.push_back({shown_setting(key), kind, std::move(text)});
}

std::vector<std::string> SettingLedger::open() const {
    std::vector<std::string> keys;
    for (const auto& [key, value] : settings_) {
        if (done_.count(key) == 0) keys.push_back(key);
    }
    return keys;
}

std::string shown_setting(std::string_view key) {
    constexpr std::string_view salt = ".with.salt.";
    std::string text(key.substr(0, key.find(salt)));
    if (text.size() < key.size()) text += std::string(salt) + "***";
    std::replace_if(
        text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0x20; }, ' ');
    return text;
}

}  // namespace walferry
