#include <nlohmann/json.hpp>

#include "service/logging.h"
#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a log line is one line of JSON whatever the message holds") {
    const std::chrono::system_clock::time_point time{std::chrono::milliseconds{1'700'000'000'042}};
    const std::string message = "a \"quoted\" path C:\\x\nsecond line\t\x01 ü \xff end";
    const std::string line = json_log_line({time, "warning", message, "shop"});
    CHECK(line.find('\n') == std::string::npos);
    const auto json = nlohmann::json::parse(line);
    CHECK(json["ts"] == "2023-11-14T22:13:20.042Z");
    CHECK(json["level"] == "warn");
    CHECK(json["pipeline"] == "shop");
    CHECK(json["message"] == "a \"quoted\" path C:\\x\nsecond line\t\x01 ü \xEF\xBF\xBD end");
    CHECK(json["severity_text"] == "WARN");
    CHECK(json["severity_number"] == 13);
    CHECK(json.size() == 6);
}

TEST_CASE("a line of a batch has the ids of its trace, as OpenTelemetry writes them") {
    const auto line = [](const TraceContext& trace) {
        return nlohmann::json::parse(json_log_line({{}, "debug", "x", "shop", trace}));
    };
    const auto json = line({1, 0xABC, 0x0F});
    CHECK(json["trace_id"] == "00000000000000010000000000000abc");
    CHECK(json["span_id"] == "000000000000000f");
    CHECK(json["severity_number"] == 5);
    const TraceContext trace = new_trace();
    CHECK(line(trace)["trace_id"] == line(next_span(trace))["trace_id"]);
    CHECK(line(trace)["span_id"] != line(next_span(trace))["span_id"]);
    CHECK(line(trace)["trace_id"] != line(new_trace())["trace_id"]);
}

TEST_CASE("a trace is the thread's while its scope lives") {
    CHECK_FALSE(current_trace());
    {
        const TraceContext outer = new_trace();
        const TraceScope traced(outer);
        CHECK(current_trace().span == outer.span);
        {
            const TraceScope inner(next_span(outer));
            CHECK(current_trace().span != outer.span);
        }
        CHECK(current_trace().span == outer.span);
    }
    CHECK_FALSE(current_trace());
}
