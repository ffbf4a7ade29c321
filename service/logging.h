#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "model/trace_context.h"

namespace walferry {

struct LogOptions {
    std::string level = "info";   ///< trace | debug | info | warn | error
    std::string format = "text";  ///< text | json
    std::string pipeline;         ///< a field of JSON lines; may be empty
};

/// Sends what spdlog's default logger gets to stderr; text that goes to systemd's journal has a priority in
/// the place of time and level, which the journal keeps itself. Call before other threads log.
void set_up_logging(const LogOptions& options);

struct LogLine {
    std::chrono::system_clock::time_point time;
    std::string_view level;
    std::string_view message;
    std::string_view pipeline;
    TraceContext trace = {};
};

/// One JSON object without a newline: ts (RFC 3339, UTC), level, message, pipeline; severity_text and
/// severity_number as OpenTelemetry counts them; trace_id and span_id where the line belongs to a trace.
/// Bytes that are not UTF-8 are replaced.
std::string json_log_line(const LogLine& line);

}  // namespace walferry
