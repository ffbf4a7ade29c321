#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace walferry {

/// Collects everything that is wrong with one file, so that a user sees all of it at once.
class ErrorLines {
 public:
    explicit ErrorLines(std::string file) : file_(std::move(file)) {}

    /// `problem` says what is wrong and what is allowed; `line` counts from 1.
    void add(int line, std::string_view key, std::string_view problem);

    bool empty() const { return lines_.empty(); }

    /// One error of kind Configuration; a line for each problem, in the order of the file.
    Error error() const;

 private:
    struct Line {
        int number = 1;
        std::string text;
    };

    std::string file_;
    std::vector<Line> lines_;
};

/// A value of the file in double quotes, on one line and of bearable length, for a message.
std::string shown(std::string_view value);

}  // namespace walferry
