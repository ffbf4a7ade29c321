#include "model/trace_context.h"

#include <fmt/format.h>

#include <random>

namespace walferry {
namespace {

thread_local TraceContext current;

/// Zero is no id.
std::uint64_t random_id() {
    static thread_local std::mt19937_64 random = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device()};
        return std::mt19937_64(seed);
    }();
    std::uint64_t id = 0;
    while (id == 0) id = random();
    return id;
}

}  // namespace

TraceContext new_trace() {
    return {random_id(), random_id(), random_id()};
}

TraceContext next_span(TraceContext trace) {
    trace.span = random_id();
    return trace;
}

std::string trace_id_text(const TraceContext& trace) {
    return fmt::format("{:016x}{:016x}", trace.trace_high, trace.trace_low);
}

std::string span_id_text(const TraceContext& trace) {
    return fmt::format("{:016x}", trace.span);
}

TraceScope::TraceScope(TraceContext trace) : before_(current) {
    current = trace;
}

TraceScope::~TraceScope() {
    current = before_;
}

TraceContext current_trace() {
    return current;
}

}  // namespace walferry
