#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/error_lines.h"

namespace walferry {

struct YamlEntry;

/// A YAML node with its line. Unlike yaml-cpp's own tree it keeps every entry of a map, duplicates too, in
/// the order of the file. Nodes behind an alias are shared; the alias has its own line. There are no cycles.
struct YamlNode {
    enum class Kind { Null, Scalar, Sequence, Map };

    Kind kind = Kind::Null;
    int line = 1;  ///< from 1
    std::string text;
    std::vector<std::shared_ptr<const YamlNode>> items;
    std::vector<YamlEntry> entries;
};

struct YamlEntry {
    std::string key;
    int line = 1;
    std::shared_ptr<const YamlNode> value;
};

/// Reads a file of one document. Null, with the reason in `errors`, when it is no such file; an empty one is
/// a node of kind Null.
std::shared_ptr<const YamlNode> read_yaml(const std::string& text, ErrorLines& errors);

}  // namespace walferry
