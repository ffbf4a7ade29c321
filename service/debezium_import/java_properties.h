#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.h"

namespace walferry {

/// Keys and values of a .properties file in its order, as java.util.Properties reads it: `key=value`,
/// `key: value` or `key value`, \ at the end of a line continues it, # and ! begin comments, \n \t \uXXXX and
/// so on. The file is UTF-8. Kind Configuration, with the line, for a broken \u.
Result<std::vector<std::pair<std::string, std::string>>> read_java_properties(std::string_view text);

}  // namespace walferry
