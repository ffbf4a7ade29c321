#include "config/config_changes.h"

#include <algorithm>
#include <map>
#include <set>

#include "config/yaml_tree.h"

namespace walferry {
namespace {

/// A session of the pipeline reads these anew, or they are set at once.
constexpr std::string_view reloadable[] = {
    "alerts", "batch", "dead_letters.max_rate", "log.level", "source.postgres.copy_workers",
    "tables", "types"};

/// A value with all below it, so that two are equal when they mean the same.
std::string canonical(const YamlNode& node) {
    std::string text;
    switch (node.kind) {
        case YamlNode::Kind::Null:
            return "~";
        case YamlNode::Kind::Scalar:
            return std::to_string(node.text.size()) + ":" + node.text;
        case YamlNode::Kind::Sequence:
            for (const auto& item : node.items) text += canonical(*item) + ",";
            return "[" + text + "]";
        case YamlNode::Kind::Map:
            break;
    }
    std::map<std::string, std::string> entries;
    for (const YamlEntry& entry : node.entries) entries[entry.key] = canonical(*entry.value);
    for (const auto& [key, value] : entries) text += key + "=" + value + ",";
    return "{" + text + "}";
}

void flatten(const YamlNode& node, const std::string& path, std::map<std::string, std::string>& values) {
    if (node.kind != YamlNode::Kind::Map) {
        values[path] = canonical(node);
        return;
    }
    for (const YamlEntry& entry : node.entries)
        flatten(*entry.value, path.empty() ? entry.key : path + "." + entry.key, values);
}

std::map<std::string, std::string> values_of(const std::string& text) {
    std::map<std::string, std::string> values;
    ErrorLines ignored("");
    if (const auto root = read_yaml(text, ignored)) flatten(*root, "", values);
    return values;
}

}  // namespace

std::vector<std::string> changed_keys(const std::string& before, const std::string& after) {
    const auto old_values = values_of(before);
    const auto new_values = values_of(after);
    std::set<std::string> changed;
    const auto compare = [&changed](const auto& these, const auto& those) {
        for (const auto& [key, value] : these) {
            const auto other = those.find(key);
            if (other == those.end() || other->second != value) changed.insert(key);
        }
    };
    compare(old_values, new_values);
    compare(new_values, old_values);
    return {changed.begin(), changed.end()};
}

bool is_reloadable(std::string_view key) {
    return std::any_of(std::begin(reloadable), std::end(reloadable), [key](std::string_view part) {
        return key == part || (key.starts_with(part) && key[part.size()] == '.');
    });
}

}  // namespace walferry
