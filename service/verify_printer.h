#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace walferry {

/// Prints what a comparison says while it goes on: differences to stdout, all else to stderr. One thread.
class VerifyPrinter {
 public:
    struct Style {
        std::string config;            ///< its path, for commands in messages
        bool json = false;             ///< differences as a JSON array
        bool verbose = false;          ///< lines with columns and values
        bool only_unrepaired = false;  ///< only what was not repaired, as messages
    };
    explicit VerifyPrinter(Style style) : style_(std::move(style)) {}

    /// A line of VerifyAccess.
    void take(const nlohmann::ordered_json& line);
    /// After the last line.
    void finish(const nlohmann::ordered_json& results);
    /// Takes the progress off the terminal.
    void clear();

    std::uint64_t differences() const { return differences_; }
    std::uint64_t repaired() const { return repaired_; }

 private:
    void add(const nlohmann::ordered_json& difference);
    void say(const std::string& note);
    std::string progress_text(const nlohmann::ordered_json& progress);
    void show(const nlohmann::ordered_json& progress);

    using Clock = std::chrono::steady_clock;

    Style style_;
    const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
    bool on_line_ = false;
    std::uint64_t differences_ = 0, repaired_ = 0;
    std::string table_;  ///< whose rows are being read
    std::uint64_t rows_ = 0;
    Clock::time_point began_ = Clock::now(), shown_ = Clock::now();
};

}  // namespace walferry
