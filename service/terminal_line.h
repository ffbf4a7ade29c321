#pragma once

#include <string>

namespace walferry {

/// One line on stderr that changes while work goes on; gone with the object. Does nothing where stderr is no
/// terminal. Used by one thread.
class TerminalLine {
 public:
    TerminalLine();
    ~TerminalLine();
    TerminalLine(const TerminalLine&) = delete;
    TerminalLine& operator=(const TerminalLine&) = delete;

    bool is_there() const { return is_there_; }
    void show(const std::string& text);
    /// Before something else is printed.
    void clear();

 private:
    const bool is_there_;
    bool shown_ = false;
};

}  // namespace walferry
