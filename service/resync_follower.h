#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "service/resync_view.h"
#include "service/terminal_line.h"

namespace walferry {

/// Tells a person how the resyncs that were asked for go on: what has ended as lines on stdout (or all at the
/// end, as JSON), progress on the terminal, or as a log line every 10 s. Used by one thread at a time.
class ResyncFollower {
 public:
    ResyncFollower(nlohmann::ordered_json asked, bool json);

    /// Those that have not ended.
    std::vector<std::int64_t> open() const;
    /// How those of them that were asked for stand now; tells what is new. One that was asked for and is not
    /// there has lost its row.
    void take(const std::vector<std::int64_t>& asked, const nlohmann::ordered_json& resyncs);
    /// A line for the person, on stderr.
    void say(const std::string& text);
    /// When nothing more comes. Whether all are done.
    bool finish();

 private:
    void show_progress(std::chrono::steady_clock::time_point now);

    nlohmann::ordered_json resyncs_;  ///< in the order in which they were asked for
    const bool json_;
    TerminalLine line_;
    ResyncProgress progress_;
    std::chrono::steady_clock::time_point next_log_line_;
};

}  // namespace walferry
