#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace walferry {

/// The items of one of Debezium's lists of regular expressions: between commas, without blanks around them.
/// A \, is no end.
std::vector<std::string> split_regex_list(std::string_view list);

/// Globs that match together what one of Debezium's regular expressions does on names of `dots` + 1 parts;
/// none where globs can't say it. An unescaped dot that stands for one character is taken for the dot
/// between the parts while those are missing, as most people mean it.
std::optional<std::vector<std::string>> globs_of_regex(std::string_view regex, int dots);

/// What a glob matches that has no wildcards; else nothing.
std::optional<std::string> literal_of_glob(std::string_view glob);

}  // namespace walferry
