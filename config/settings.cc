#include "config/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "config/environment.h"
#include "config/quantity.h"

namespace walferry {

class SettingsReader {
 public:
    SettingsReader(Settings& settings, ErrorLines& errors) : settings_(settings), errors_(errors) {}

    /// `path` has numbers, `table_path` is the same with [] for them. Both are empty for the file itself.
    void read_section(const std::string& path, const std::string& table_path, const YamlNode& node,
                      const Key* section);

 private:
    void read_key(const std::string& path, const Key& key, const YamlEntry& entry);
    void read_items(const std::string& path, const Key& key, const YamlNode& node);
    void read_named(const std::string& path, const Key& key, const YamlNode& node);
    void read_range(const std::string& path, const Key& key, const YamlNode& node);
    void read_value(const std::string& path, const Key& key, const YamlNode& node);
    void read_texts(const std::string& path, const Key& key, const YamlNode& node);
    std::optional<std::string> read_text(const std::string& path, const Key& key, const YamlNode& node);
    std::optional<std::int64_t> read_number(const Key& key, const std::string& text) const;
    bool check_choice(const std::string& path, const Key& key, const Setting& setting);
    bool is_duplicate(const std::string& path, const YamlNode& map, const YamlEntry& entry);
    void check_one_of(const std::string& path, const std::string& table_path, const Key& section);

    Settings& settings_;
    ErrorLines& errors_;
};

namespace {

const char* kind_text(YamlNode::Kind kind) {
    switch (kind) {
        case YamlNode::Kind::Null:
            return "has no value";
        case YamlNode::Kind::Scalar:
            return "is a single value";
        case YamlNode::Kind::Sequence:
            return "is a list";
        case YamlNode::Kind::Map:
            return "is a map";
    }
    return "";
}

std::string wrong_kind(const YamlNode& node, const Key& key) {
    return fmt::format("{}, allowed: {}", kind_text(node.kind), allowed_values(key));
}

std::string joined(const std::vector<std::string_view>& names, std::string_view separator) {
    return fmt::format("{}", fmt::join(names, separator));
}

std::string below(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

}  // namespace

void SettingsReader::read_section(const std::string& path, const std::string& table_path,
                                  const YamlNode& node, const Key* section) {
    for (const YamlEntry& entry : node.entries) {
        const std::string entry_path = below(path, entry.key);
        if (is_duplicate(entry_path, node, entry)) continue;
        const std::string key_path = below(table_path, entry.key);
        const Key* key = entry.key.find_first_of(".[") == std::string::npos ? find_key(key_path) : nullptr;
        if (key == nullptr) {
            errors_.add(
                entry.line, entry_path,
                fmt::format("unknown key, the nearest known key is {}", nearest_key(table_path, entry.key)));
        } else {
            read_key(entry_path, *key, entry);
        }
    }
    for (const Key* key : keys_below(table_path)) {
        const std::string key_path = below(path, key->name());
        if (!key->required || settings_.has(key_path)) continue;
        errors_.add(settings_.line(key_path), key_path,
                    fmt::format("is missing, allowed: {}", allowed_values(*key)));
    }
    if (section != nullptr && !section->one_of.empty()) check_one_of(path, table_path, *section);
}

bool SettingsReader::is_duplicate(const std::string& path, const YamlNode& map, const YamlEntry& entry) {
    for (const YamlEntry& earlier : map.entries) {
        if (&earlier == &entry) return false;
        if (earlier.key != entry.key) continue;
        errors_.add(entry.line, path,
                    fmt::format("stands here twice, first in line {}, allowed: once", earlier.line));
        return true;
    }
    return false;
}

void SettingsReader::check_one_of(const std::string& path, const std::string& table_path,
                                  const Key& section) {
    const std::vector<std::string_view>& one_of = section.one_of;
    int line = settings_.line(path);
    std::vector<std::string_view> present;
    for (const std::string_view name : one_of) {
        if (!settings_.has(below(path, name))) continue;
        present.push_back(name);
        line = std::max(line, settings_.line(below(path, name)));
    }
    if (present.size() == 1 || (present.empty() && section.none_of)) return;
    const std::string problem =
        fmt::format("has {}", present.empty() ? "none of its kinds" : joined(present, " and "));
    std::vector<std::string_view> allowed;
    for (const Key* key : keys_below(table_path)) {
        if (key->available() && std::count(one_of.begin(), one_of.end(), key->name()) != 0)
            allowed.push_back(key->name());
    }
    errors_.add(line, path, fmt::format("{}, allowed: exactly one of {}", problem, joined(allowed, ", ")));
}

void SettingsReader::read_key(const std::string& path, const Key& key, const YamlEntry& entry) {
    settings_.lines_[path] = entry.line;
    const YamlNode& node = *entry.value;
    if (!key.available()) {
        errors_.add(entry.line, path, "not available yet in this version");
        return;
    }
    if (key.type == KeyType::SectionList) {
        read_items(path, key, node);
    } else if (key.type == KeyType::SectionMap) {
        read_named(path, key, node);
    } else if (key.type != KeyType::Section) {
        read_value(path, key, node);
    } else if (node.kind == YamlNode::Kind::Map || node.kind == YamlNode::Kind::Null) {
        read_section(path, std::string(key.path), node, &key);
    } else {
        errors_.add(node.line, path, wrong_kind(node, key));
    }
}

void SettingsReader::read_items(const std::string& path, const Key& key, const YamlNode& node) {
    if (node.kind != YamlNode::Kind::Sequence) {
        errors_.add(node.line, path, wrong_kind(node, key));
        return;
    }
    if (node.items.empty()) {
        errors_.add(node.line, path, fmt::format("is empty, allowed: {}", allowed_values(key)));
    }
    const std::string item_key_path = std::string(key.path) + "[]";
    const Key* item_key = find_key(item_key_path);
    settings_.counts_[path] = node.items.size();
    for (std::size_t number = 0; number < node.items.size(); ++number) {
        const std::string item_path = fmt::format("{}[{}]", path, number);
        const YamlNode& item = *node.items[number];
        settings_.lines_[item_path] = item.line;
        if (item.kind == YamlNode::Kind::Map) {
            read_section(item_path, item_key_path, item, item_key);
        } else {
            errors_.add(item.line, item_path, wrong_kind(item, *item_key));
        }
    }
}

void SettingsReader::read_named(const std::string& path, const Key& key, const YamlNode& node) {
    if (node.kind != YamlNode::Kind::Map) {
        errors_.add(node.line, path, wrong_kind(node, key));
        return;
    }
    const std::string item_key_path = std::string(key.path) + ".*";
    const Key* item_key = find_key(item_key_path);
    for (const YamlEntry& entry : node.entries) {
        const std::string item_path = below(path, entry.key);
        if (is_duplicate(item_path, node, entry)) continue;
        settings_.lines_[item_path] = entry.line;
        settings_.names_[path].push_back(entry.key);
        if (entry.value->kind == YamlNode::Kind::Map) {
            read_section(item_path, item_key_path, *entry.value, item_key);
        } else {
            errors_.add(entry.line, item_path, wrong_kind(*entry.value, *item_key));
        }
    }
}

void SettingsReader::read_range(const std::string& path, const Key& key, const YamlNode& node) {
    if (node.kind != YamlNode::Kind::Sequence || node.items.size() != 2) {
        const bool is_list = node.kind == YamlNode::Kind::Sequence;
        errors_.add(node.line, path,
                    is_list ? fmt::format("has {} items, allowed: {}", node.items.size(), allowed_values(key))
                            : wrong_kind(node, key));
        return;
    }
    Setting setting;
    setting.line = node.line;
    for (std::size_t number = 0; number < node.items.size(); ++number) {
        const YamlNode& item = *node.items[number];
        if (item.kind == YamlNode::Kind::Null) {
            setting.entries.push_back({{}, {}, item.line, true});
            continue;
        }
        const auto text = read_text(fmt::format("{}[{}]", path, number), key, item);
        if (!text) return;
        setting.entries.push_back({{}, *text, item.line});
    }
    settings_.settings_[path] = std::move(setting);
}

std::optional<std::string> SettingsReader::read_text(const std::string& path, const Key& key,
                                                     const YamlNode& node) {
    if (node.kind != YamlNode::Kind::Scalar) {
        const bool nested = key.type == KeyType::TextList || key.type == KeyType::TextMap;
        errors_.add(node.line, path,
                    nested ? fmt::format("{}, allowed: text", kind_text(node.kind)) : wrong_kind(node, key));
        return std::nullopt;
    }
    Result<std::string> expanded = expand_environment(node.text);
    if (!expanded) {
        errors_.add(node.line, path, expanded.error().message);
        return std::nullopt;
    }
    if (expanded.value().find('\0') != std::string::npos) {
        errors_.add(node.line, path, "holds a NUL character, allowed: text without it");
        return std::nullopt;
    }
    return std::move(expanded).value();
}

void SettingsReader::read_texts(const std::string& path, const Key& key, const YamlNode& node) {
    const bool is_map = key.type == KeyType::TextMap;
    if (node.kind != (is_map ? YamlNode::Kind::Map : YamlNode::Kind::Sequence)) {
        errors_.add(node.line, path, wrong_kind(node, key));
        return;
    }
    Setting setting;
    setting.line = node.line;
    for (const YamlEntry& entry : node.entries) {
        const std::string entry_path = below(path, entry.key);
        if (is_duplicate(entry_path, node, entry)) continue;
        if (auto text = read_text(entry_path, key, *entry.value)) {
            setting.entries.push_back({entry.key, *text, entry.line});
        }
    }
    for (std::size_t number = 0; number < node.items.size(); ++number) {
        const YamlNode& item = *node.items[number];
        if (auto text = read_text(fmt::format("{}[{}]", path, number), key, item)) {
            setting.entries.push_back({{}, *text, item.line});
        }
    }
    settings_.settings_[path] = std::move(setting);
}

std::optional<std::int64_t> SettingsReader::read_number(const Key& key, const std::string& text) const {
    std::optional<std::int64_t> number;
    if (key.type == KeyType::Integer) number = parse_integer(text);
    if (key.type == KeyType::Bytes) number = parse_bytes(text);
    if (key.type == KeyType::Fraction) number = parse_fraction(text);
    if (key.type == KeyType::Duration) number = parse_duration(text);
    if (number && (*number < key.least || *number > key.most)) return std::nullopt;
    if (key.type == KeyType::Boolean && text == "true") number = 1;
    if (key.type == KeyType::Boolean && text == "false") number = 0;
    return number;
}

bool SettingsReader::check_choice(const std::string& path, const Key& key, const Setting& setting) {
    for (const KeyChoice& choice : key.choices) {
        if (choice.value != setting.text) continue;
        if (choice.availability == Availability::Now) return true;
        errors_.add(setting.line, path,
                    fmt::format("{} is not available yet in this version, allowed: {}", setting.text,
                                allowed_values(key)));
        return false;
    }
    errors_.add(
        setting.line, path,
        fmt::format("{} is none of its values, allowed: {}", shown(setting.text), allowed_values(key)));
    return false;
}

void SettingsReader::read_value(const std::string& path, const Key& key, const YamlNode& node) {
    if (key.type == KeyType::TextList || key.type == KeyType::TextMap) {
        read_texts(path, key, node);
        return;
    }
    if (key.type == KeyType::Range) {
        read_range(path, key, node);
        return;
    }
    std::optional<std::string> text = read_text(path, key, node);
    if (!text) return;
    Setting setting;
    setting.line = node.line;
    setting.text = std::move(*text);
    if (key.type == KeyType::Choice) {
        if (!check_choice(path, key, setting)) return;
    } else if (key.type != KeyType::Text && key.type != KeyType::Connection) {
        const std::optional<std::int64_t> number = read_number(key, setting.text);
        if (!number) {
            errors_.add(
                node.line, path,
                fmt::format("{} is no such value, allowed: {}", shown(setting.text), allowed_values(key)));
            return;
        }
        setting.number = *number;
    }
    settings_.settings_[path] = std::move(setting);
}

Settings Settings::read(const YamlNode& root, ErrorLines& errors) {
    Settings settings;
    SettingsReader(settings, errors).read_section({}, {}, root, nullptr);
    return settings;
}

const Setting* Settings::find(const std::string& path) const {
    const auto found = settings_.find(path);
    return found == settings_.end() ? nullptr : &found->second;
}

int Settings::line(const std::string& path) const {
    for (std::string_view at = path; !at.empty();) {
        const auto found = lines_.find(std::string(at));
        if (found != lines_.end()) return found->second;
        const std::size_t end = at.find_last_of(".[");
        at = at.substr(0, end == std::string_view::npos ? 0 : end);
    }
    return 1;
}

std::vector<std::string> Settings::names(const std::string& path) const {
    const auto found = names_.find(path);
    return found == names_.end() ? std::vector<std::string>{} : found->second;
}

std::size_t Settings::count(const std::string& path) const {
    const auto found = counts_.find(path);
    return found == counts_.end() ? 0 : found->second;
}

}  // namespace walferry
