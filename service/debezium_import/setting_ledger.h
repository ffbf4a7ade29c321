#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace walferry {

/// What became of a connector's setting, where that is not all there is to say.
struct ImportFinding {
    enum class Kind {
        NoCounterpart,  ///< walferry does not do it
        Changed,        ///< it is in the result; something about it is to know
        Needless        ///< nothing is lost without it
    };
    std::string key;  ///< without the salt that is a part of some
    Kind kind = Kind::NoCounterpart;
    std::string text;
};

/// Keeps account of a connector's settings, so that none is dropped without a word. Findings never hold
/// values, but for those that the caller puts there: secrets are among them.
class SettingLedger {
 public:
    explicit SettingLedger(std::map<std::string, std::string> settings) : settings_(std::move(settings)) {}

    const std::map<std::string, std::string>& settings() const { return settings_; }
    bool has(const std::string& key) const { return settings_.count(key) != 0; }

    /// The value as it stands in the file; the setting counts as done.
    std::optional<std::string> take_raw(const std::string& key);

    /// The value as walferry's configuration has it: `${` is quoted, and what Kafka Connect's configuration
    /// providers would put there becomes a variable of the environment.
    std::optional<std::string> take(const std::string& key);

    /// A secret: the variable that walferry will find it in, `${fallback}` unless it was a variable already.
    std::optional<std::string> take_secret(const std::string& key, std::string_view fallback);

    void add(const std::string& key, ImportFinding::Kind kind, std::string text);
    void no_counterpart(const std::string& key, std::string text) {
        add(key, ImportFinding::Kind::NoCounterpart, std::move(text));
    }
    void changed(const std::string& key, std::string text) {
        add(key, ImportFinding::Kind::Changed, std::move(text));
    }
    void needless(const std::string& key, std::string text) {
        add(key, ImportFinding::Kind::Needless, std::move(text));
    }

    /// Keys that nothing was said of and that were not taken.
    std::vector<std::string> open() const;

    const std::vector<ImportFinding>& findings() const { return findings_; }

 private:
    std::map<std::string, std::string> settings_;
    std::set<std::string> done_;
    std::vector<ImportFinding> findings_;
};

/// Without the salt of column.mask.hash.…, and in one line.
std::string shown_setting(std::string_view key);

}  // namespace walferry
