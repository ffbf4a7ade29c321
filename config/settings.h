#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/error_lines.h"
#include "config/keys.h"
#include "config/yaml_tree.h"

namespace walferry {

/// A value of the file that fits its key's type. `text` has its variables expanded.
struct Setting {
    struct Entry {
        std::string name;  ///< of a map; empty in a list
        std::string text;
        int line = 1;
        bool absent = false;  ///< null, of a Range
    };

    int line = 1;
    std::string text;
    std::int64_t number =
        0;  ///< of an Integer, Bytes, Fraction (millionths), Duration (ms) or Boolean (0, 1)
    std::vector<Entry> entries;  ///< of a TextList, TextMap or Range
};

/// What a file sets, by path with numbers: `tables[0].match`.
class Settings {
 public:
    /// Checks a tree against the table of keys: unknown, duplicate, missing and unavailable keys, and each
    /// value by its type. What is wrong goes into `errors` and is absent here.
    static Settings read(const YamlNode& root, ErrorLines& errors);

    /// Null where the file has no such key, or a wrong value for it.
    const Setting* find(const std::string& path) const;

    /// Whether the key stands in the file, right or wrong.
    bool has(const std::string& path) const { return lines_.count(path) != 0; }

    /// The line of the key, or of what it would stand in.
    int line(const std::string& path) const;

    /// How many items a SectionList has.
    std::size_t count(const std::string& path) const;

    /// The names in a SectionMap, in the order of the file.
    std::vector<std::string> names(const std::string& path) const;

 private:
    friend class SettingsReader;

    std::map<std::string, Setting> settings_;
    std::map<std::string, int> lines_;
    std::map<std::string, std::size_t> counts_;
    std::map<std::string, std::vector<std::string>> names_;
};

}  // namespace walferry
