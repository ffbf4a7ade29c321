#include "service/logging.h"

#include <fmt/chrono.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "service/journal_line.h"

namespace walferry {
namespace {

std::string_view view(const spdlog::string_view_t& text) {
    return {text.data(), text.size()};
}

struct Severity {
    std::string_view text;
    int number;
};

/// https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
Severity severity_of(std::string_view level) {
    if (level == "trace") return {"TRACE", 1};
    if (level == "debug") return {"DEBUG", 5};
    if (level == "warning") return {"WARN", 13};
    if (level == "error") return {"ERROR", 17};
    if (level == "critical") return {"FATAL", 21};
    return {"INFO", 9};
}

class JsonFormatter final : public spdlog::formatter {
 public:
    explicit JsonFormatter(std::string pipeline) : pipeline_(std::move(pipeline)) {}

    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
        const auto level = spdlog::level::to_string_view(message.level);
        const std::string line =
            json_log_line({std::chrono::time_point_cast<std::chrono::system_clock::duration>(message.time),
                           view(level), view(message.payload), pipeline_, current_trace()});
        to.append(line.data(), line.data() + line.size());
        to.push_back('\n');
    }
    std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<JsonFormatter>(pipeline_);
    }

 private:
    std::string pipeline_;
};

class JournalFormatter final : public spdlog::formatter {
 public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
        const std::string lines =
            journal_lines(view(spdlog::level::to_string_view(message.level)), view(message.payload));
        to.append(lines.data(), lines.data() + lines.size());
    }
    std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JournalFormatter>(); }
};

/// On a terminal a line first wipes the progress line that may stand there.
std::unique_ptr<spdlog::formatter> text_formatter() {
    const std::string wipe = ::isatty(STDERR_FILENO) != 0 ? "\r\x1b[K" : "";
    return std::make_unique<spdlog::pattern_formatter>(wipe + "%Y-%m-%dT%H:%M:%S.%eZ %-5l %v",
                                                       spdlog::pattern_time_type::utc);
}

}  // namespace

std::string json_log_line(const LogLine& line) {
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(line.time);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
    nlohmann::ordered_json object;
    object["ts"] =
        fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), (milliseconds - seconds).count());
    object["level"] = line.level == "warning" ? "warn" : line.level;
    object["message"] = line.message;
    object["pipeline"] = line.pipeline;
    const Severity severity = severity_of(line.level);
    object["severity_text"] = severity.text;
    object["severity_number"] = severity.number;
    if (line.trace) {
        object["trace_id"] = trace_id_text(line.trace);
        object["span_id"] = span_id_text(line.trace);
    }
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void set_up_logging(const LogOptions& options) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    if (options.format == "json") {
        sink->set_formatter(std::make_unique<JsonFormatter>(options.pipeline));
    } else if (stderr_is_journal()) {
        sink->set_formatter(std::make_unique<JournalFormatter>());
    } else {
        sink->set_formatter(text_formatter());
    }
    auto logger = std::make_shared<spdlog::logger>("walferry", std::move(sink));
    logger->set_level(spdlog::level::from_str(options.level));
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace walferry
