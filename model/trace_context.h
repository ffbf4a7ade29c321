#pragma once

#include <cstdint>
#include <string>

namespace walferry {

/// What log lines that belong together have in common, as OpenTelemetry means it: one trace a batch, and in
/// it one span for each part that is applied. All zero: none.
struct TraceContext {
    std::uint64_t trace_high = 0, trace_low = 0;
    std::uint64_t span = 0;

    explicit operator bool() const { return span != 0; }
};

/// A trace with its first span; ids are random.
TraceContext new_trace();
/// Another span of the same trace.
TraceContext next_span(TraceContext trace);

/// 32 and 16 lower-case hexadecimals.
std::string trace_id_text(const TraceContext& trace);
std::string span_id_text(const TraceContext& trace);

/// What the calling thread logs while this lives belongs to the trace.
class TraceScope {
 public:
    explicit TraceScope(TraceContext trace);
    ~TraceScope();
    TraceScope(const TraceScope&) = delete;
    TraceScope& operator=(const TraceScope&) = delete;

 private:
    TraceContext before_;
};

/// Of the calling thread.
TraceContext current_trace();

}  // namespace walferry
